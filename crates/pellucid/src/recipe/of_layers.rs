//! Reads settings of layers: one value for all of them, or a list with one for each.

use crate::activation::Activation;
use crate::descriptor::OrNone;
use crate::normalisation::Normalisation;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// One value for all layers that have it, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OfLayers<V> {
    /// The same for all.
    One(V),
    /// One for each.
    Each(Vec<V>),
}

/// The activation of every layer after the inputs, or of each.
pub type Activations = OfLayers<Activation>;
/// The dropout rate of all hidden units, where inputs have none, or of each layer except the last, the inputs first.
pub type DropoutRates = OfLayers<f64>;
/// The normalisation of every hidden layer, where the output layer has none, or of each layer after the inputs.
pub type Normalisations = OfLayers<OrNone<Normalisation>>;

/// A value that a layer can have.
trait OfLayer<'de>: Deserialize<'de> {
    /// What a recipe may say, for messages.
    const EXPECTED: &'static str;
    /// The forms of one value.
    const FORMS: &'static [Form];
}

#[derive(PartialEq)]
enum Form {
    Number,
    Name,
    Table,
}

impl OfLayer<'_> for Activation {
    const EXPECTED: &'static str =
        "the name of an activation, or a list of names, one for each layer after the inputs";
    const FORMS: &'static [Form] = &[Form::Name];
}

impl OfLayer<'_> for f64 {
    const EXPECTED: &'static str =
        "a rate, or a list of rates, one for each layer but the last, the inputs first";
    const FORMS: &'static [Form] = &[Form::Number];
}

impl OfLayer<'_> for OrNone<Normalisation> {
    const EXPECTED: &'static str =
        "a normalisation, by name or as a table, or a list of them, one for each layer after the inputs";
    const FORMS: &'static [Form] = &[Form::Name, Form::Table];
}

impl<'de, V: OfLayer<'de>> Deserialize<'de> for OfLayers<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrEach(PhantomData))
    }
}

struct OneOrEach<V>(PhantomData<V>);

impl<'de, V: OfLayer<'de>> OneOrEach<V> {
    /// One value, where it may have this form.
    fn one<D: Deserializer<'de>>(
        self,
        form: Form,
        found: Unexpected<'_>,
        value: D,
    ) -> Result<OfLayers<V>, D::Error> {
        if V::FORMS.contains(&form) {
            V::deserialize(value).map(OfLayers::One)
        } else {
            Err(D::Error::invalid_type(found, &self))
        }
    }
}

impl<'de, V: OfLayer<'de>> Visitor<'de> for OneOrEach<V> {
    type Value = OfLayers<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(V::EXPECTED)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<OfLayers<V>, E> {
        self.one(
            Form::Number,
            Unexpected::Float(number),
            number.into_deserializer(),
        )
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<OfLayers<V>, E> {
        self.one(
            Form::Number,
            Unexpected::Signed(number),
            number.into_deserializer(),
        )
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<OfLayers<V>, E> {
        self.one(
            Form::Number,
            Unexpected::Unsigned(number),
            number.into_deserializer(),
        )
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<OfLayers<V>, E> {
        self.one(Form::Name, Unexpected::Str(name), name.into_deserializer())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OfLayers<V>, A::Error> {
        self.one(Form::Table, Unexpected::Map, MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OfLayers<V>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OfLayers::Each)
    }
}

impl Default for DropoutRates {
    fn default() -> Self {
        Self::One(0.0)
    }
}

impl DropoutRates {
    /// Whether there is no dropout.
    pub fn is_none(&self) -> bool {
        match self {
            Self::One(rate) => *rate == 0.0,
            Self::Each(rates) => rates.iter().all(|&rate| rate == 0.0),
        }
    }

    /// The rate of the inputs.
    pub fn of_inputs(&self) -> f64 {
        match self {
            Self::One(_) => 0.0,
            Self::Each(rates) => rates.first().copied().unwrap_or(0.0),
        }
    }

    /// The rate of each of so many hidden layers.
    pub fn of_hidden(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::One(rate) => vec![*rate; layers],
            Self::Each(rates) => rates.iter().skip(1).copied().take(layers).collect(),
        }
    }
}

impl Default for Normalisations {
    fn default() -> Self {
        Self::One(OrNone(None))
    }
}

impl Normalisations {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        match self {
            Self::One(one) => one.0.is_none(),
            Self::Each(each) => each.iter().all(|one| one.0.is_none()),
        }
    }

    /// The normalisation of each of so many layers after the inputs; a list as it is.
    pub fn of_layers(&self, layers: usize) -> Vec<Option<Normalisation>> {
        match self {
            Self::One(one) => {
                let mut all = vec![one.0; layers];
                if let Some(output) = all.last_mut() {
                    *output = None;
                }
                all
            }
            Self::Each(each) => each.iter().map(|one| one.0).collect(),
        }
    }
}
