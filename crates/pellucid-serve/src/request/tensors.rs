//! The body of an inference request of the Open Inference Protocol: a tensor for each column, or one of all columns.

use super::asked::Asked;
use super::datatype::{Datatype, Element};
use super::rows::{Rows, check_known};
use crate::failure::Failure;
use crate::model::{REQUEST, ServedModel};
use pellucid::recipe::shortened;
use pellucid_data::{CellColumn, Table};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The body of a request. What it does not read here is ignored, as the protocol asks of servers.
#[derive(Debug, Deserialize)]
pub(crate) struct InferRequest<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(borrow)]
    inputs: Vec<Tensor<'a>>,
    #[serde(borrow, default)]
    outputs: Vec<RequestedOutput<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    /// The probability of intervals.
    #[serde(default)]
    level: Option<f64>,
    /// Of an input, that its elements follow the JSON.
    #[serde(default)]
    binary_data_size: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Tensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<u64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct RequestedOutput<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    parameters: Parameters,
}

impl Parameters {
    /// Refuses a binary tensor. Where one is asked for, the answer is JSON, as of every server without the extension.
    fn check(&self) -> Result<(), Failure> {
        match self.binary_data_size {
            Some(_) => Err(Failure::wrong(
                "binary tensors are not supported, as the extensions in /v2 say; send the data as JSON",
            )),
            None => Ok(()),
        }
    }
}

impl<'a> InferRequest<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Failure> {
        let request: Self = serde_json::from_slice(body).map_err(|error| {
            let error = error.to_string();
            Failure::wrong(format!(
                "the body is not an inference request: {}; expected JSON such as {{\"inputs\": [{{\"name\": \"COLUMN\", \
                 \"shape\": [1], \"datatype\": \"FP64\", \"data\": [1.5]}}]}}",
                shortened(&error, 300)
            ))
        })?;
        Ok(request)
    }

    /// What it asks for.
    pub(crate) fn asked(&self, model: &ServedModel) -> Result<Asked, Failure> {
        let names: Vec<&str> = self.outputs.iter().map(|output| &*output.name).collect();
        let level = self.outputs.iter().find_map(|output| output.parameters.level);
        Asked::new(model, &names, level.or(self.parameters.level))
    }

    /// Its rows.
    pub(crate) fn rows(&self, model: &ServedModel) -> Result<Rows, Failure> {
        let is_column = |name: &str| model.expected.iter().any(|(column, _)| column == name);
        match self.inputs.as_slice() {
            [] => Err(Failure::wrong(
                "the request has no inputs; expected a tensor for each column",
            )),
            [all] if all.shape.len() == 2 && !(all.shape[1] == 1 && is_column(&all.name)) => {
                all.matrix(model)
            }
            columns => table_of(columns, model),
        }
    }
}

impl Tensor<'_> {
    fn wrong(&self, problem: impl fmt::Display) -> Failure {
        Failure::wrong(format!("input {:?}: {problem}", shortened(&self.name, 100)))
    }

    /// Hands each element to `take`, in the order of the data. Lists may be nested.
    fn each(
        &self,
        datatype: Datatype,
        mut take: impl FnMut(Element<'_>) -> Result<(), String>,
    ) -> Result<usize, Failure> {
        self.parameters.check()?;
        let data = self.data.ok_or_else(|| self.wrong("it has no data"))?;
        let mut count = 0;
        let mut checked = |element: Element<'_>| {
            datatype.check(element)?;
            take(element)?;
            count += 1;
            Ok(())
        };
        let list = One {
            take: &mut checked,
            deeper: self.shape.len().max(1),
        };
        let mut input = serde_json::Deserializer::from_str(data.get());
        match input.deserialize_seq(list) {
            Ok(()) => Ok(count),
            Err(error) => {
                let error = error.to_string();
                let reason = error.split(" at line ").next().unwrap_or_default();
                let at = format!("element {} of data", count + 1);
                Err(self.wrong(format!("{at}, of datatype {}: {reason}", self.datatype)))
            }
        }
    }

    /// A tensor of all columns: (rows, columns), in the order of the training table.
    fn matrix(&self, model: &ServedModel) -> Result<Rows, Failure> {
        let columns = model.expected.len();
        if self.shape[1] != columns as u64 {
            return Err(self.wrong(format!(
                "found the shape {:?}; expected [rows, {columns}], the {columns} columns in the order of /v2/models/{}, or an \
                 input for each column",
                self.shape, model.name
            )));
        }
        let datatype = Datatype::named(&self.datatype).map_err(|problem| self.wrong(problem))?;
        if datatype.is_number() && model.is_of_plain_numbers {
            return self.numbers(datatype);
        }
        let mut cells: Vec<CellColumn> = (0..columns).map(|_| CellColumn::default()).collect();
        let keeps_na_words = model.preparation.reading().keep_na_words;
        let mut place = 0;
        let count = self.each(datatype, |element| {
            push(&mut cells[place % columns], element, keeps_na_words);
            place += 1;
            Ok(())
        })?;
        self.check_count(count)?;
        let names = model.expected.iter().map(|(name, _)| name.clone());
        let columns = names.zip(cells).map(|(name, cells)| cells.finish(name));
        Rows::of_table(table(columns.collect()), model)
    }

    /// The elements one after the other. They are put into columns later, many rows at a time: to go from column to column with
    /// every element of the text would take longer than to read it.
    fn numbers(&self, datatype: Datatype) -> Result<Rows, Failure> {
        let mut numbers = Vec::new();
        let count = self.each(datatype, |element| {
            numbers.push(match element {
                Element::Float(number) => number,
                Element::Unsigned(number) => number as f64,
                Element::Signed(number) => number as f64,
                Element::Null | Element::Boolean(_) | Element::Text(_) => f64::NAN,
            });
            Ok(())
        })?;
        self.check_count(count)?;
        Ok(Rows::Numbers(numbers))
    }

    /// Compares the number of elements with the shape.
    fn check_count(&self, found: usize) -> Result<(), Failure> {
        let product = |product: u64, &size: &u64| product.checked_mul(size);
        let expected = self.shape.iter().try_fold(1, product);
        match expected {
            Some(0) => Err(self.wrong(format!(
                "the shape {:?} has no rows; expected at least one",
                self.shape
            ))),
            Some(expected) if expected == found as u64 => Ok(()),
            _ => Err(self.wrong(format!(
                "found {found} elements of data, which is not the shape {:?}",
                self.shape
            ))),
        }
    }
}

/// The table of a tensor for each column: all of one length.
fn table_of(tensors: &[Tensor<'_>], model: &ServedModel) -> Result<Rows, Failure> {
    let keeps_na_words = model.preparation.reading().keep_na_words;
    let names: Vec<String> = tensors
        .iter()
        .map(|tensor| tensor.name.clone().into_owned())
        .collect();
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        let name = shortened(twice[0], 100);
        return Err(Failure::wrong(format!(
            "there are two inputs {name:?}; send each column once"
        )));
    }
    check_known(&names, model)?;
    let mut columns = Vec::with_capacity(tensors.len());
    let mut rows = None;
    for tensor in tensors {
        match tensor.shape.as_slice() {
            [_] | [_, 1] => {}
            shape => {
                return Err(tensor.wrong(format!("found the shape {shape:?}; expected [rows] or [rows, 1]")));
            }
        }
        let datatype = Datatype::named(&tensor.datatype).map_err(|problem| tensor.wrong(problem))?;
        let mut cells = CellColumn::default();
        let count = tensor.each(datatype, |element| {
            push(&mut cells, element, keeps_na_words);
            Ok(())
        })?;
        tensor.check_count(count)?;
        let (first, length) = *rows.get_or_insert((&tensor.name, count));
        if count != length {
            let first = shortened(first, 100);
            return Err(tensor.wrong(format!(
                "found {count} rows, but input {first:?} has {length}; every column needs the same rows"
            )));
        }
        columns.push(cells.finish(tensor.name.clone()));
    }
    Rows::of_table(table(columns), model)
}

fn push(cells: &mut CellColumn, element: Element<'_>, keeps_na_words: bool) {
    match element {
        Element::Null => cells.push_missing(),
        Element::Boolean(boolean) => cells.push_boolean(boolean),
        Element::Unsigned(number) => cells.push_whole(number.into()),
        Element::Signed(number) => cells.push_whole(number.into()),
        Element::Float(number) => cells.push_number(number),
        Element::Text(text) => cells.push_text(text, keeps_na_words),
    }
}

fn table(columns: Vec<pellucid_data::Column>) -> Table {
    Table {
        source: REQUEST.into(),
        first_row: 0,
        columns,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

/// Reads an element, or a list of them.
struct One<'f, F> {
    take: &'f mut F,
    deeper: usize,
}

impl<F: FnMut(Element<'_>) -> Result<(), String>> One<'_, F> {
    fn take<E: Error>(self, element: Element<'_>) -> Result<(), E> {
        (self.take)(element).map_err(E::custom)
    }
}

impl<'de, F: FnMut(Element<'_>) -> Result<(), String>> DeserializeSeed<'de> for One<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Element<'_>) -> Result<(), String>> Visitor<'de> for One<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.take(Element::Null)
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<(), E> {
        self.take(Element::Boolean(boolean))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.take(Element::Unsigned(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.take(Element::Signed(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.take(Element::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(Element::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if self.deeper == 0 {
            return Err(A::Error::custom("the data are nested deeper than the shape"));
        }
        let deeper = self.deeper - 1;
        loop {
            let next = One {
                take: &mut *self.take,
                deeper,
            };
            if elements.next_element_seed(next)?.is_none() {
                return Ok(());
            }
        }
    }
}
