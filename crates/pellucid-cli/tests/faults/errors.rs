//! Calls that fail, command by command.

use crate::command;
use crate::setting::Start;
use crate::sweep::sweep;

const FRESH_OR_NOT: [Start; 2] = [Start::Fresh, Start::Existing];

#[test]
fn of_train() {
    sweep(command::TRAIN, &FRESH_OR_NOT, 20);
}

#[test]
fn of_run() {
    sweep(command::RUN, &FRESH_OR_NOT, 20);
}

#[test]
fn of_tune() {
    sweep(command::TUNE, &FRESH_OR_NOT, 20);
}

#[test]
fn of_predict() {
    sweep(command::PREDICT, &FRESH_OR_NOT, 20);
}

#[test]
fn of_explain() {
    sweep(command::EXPLAIN, &FRESH_OR_NOT, 20);
}

#[test]
fn of_evaluate() {
    sweep(command::EVALUATE, &FRESH_OR_NOT, 20);
}

#[test]
fn of_importance() {
    sweep(command::IMPORTANCE, &FRESH_OR_NOT, 20);
}

#[test]
fn of_export() {
    sweep(command::EXPORT, &FRESH_OR_NOT, 20);
}

#[test]
fn of_compare() {
    sweep(command::COMPARE, &FRESH_OR_NOT, 20);
}

#[test]
fn of_man() {
    sweep(command::MAN, &FRESH_OR_NOT, 20);
}

#[test]
fn of_predict_through_a_link() {
    sweep(command::PREDICT, &[Start::Linked], 12);
}
