"""The comparison of `pellucid train` with other learners of tables: bench/tables."""
