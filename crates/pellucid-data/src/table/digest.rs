//! A digest of the contents of a table.

use super::{Categories, Table, Values};
use sha2::{Digest, Sha256};

impl Table {
    /// A digest of the contents, independent of the table's name.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut put = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for column in &self.columns {
            put(column.name.as_bytes());
            match &column.values {
                Values::Numbers(numbers) => {
                    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                    put(&bytes);
                }
                Values::Categories(Categories { names, codes })
                | Values::Booleans(Categories { names, codes }) => {
                    names.iter().for_each(|name| put(name.as_bytes()));
                    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
                    put(&bytes);
                }
            }
        }
        let digest = hash.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
