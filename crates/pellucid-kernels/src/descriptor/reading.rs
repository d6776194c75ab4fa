//! Reads a choice from a name alone, or from a table with its name and its settings.

use super::{Descriptor, Setting, SettingError, is_same_name};
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

/// An enum of what a recipe can choose, as [`choice!`](crate::choice) declares it.
pub trait Choice: Clone + 'static {
    /// The recipe's key, such as `train.optimizer`.
    const KEY: &'static str;
    /// The key of the name within the choice's table.
    const TAG: &'static str;
    /// The choice of a table without a name; none where the name is needed.
    const UNNAMED: Option<&'static str>;

    /// Every choice that recipes can name, each with its settings at their defaults.
    fn all() -> &'static [Self];

    /// Its names, formula and paper.
    fn common(&self) -> &'static Descriptor;

    /// Its settings.
    fn settings(&self) -> &'static [Setting];

    /// Their values, in the same order.
    fn values(&self) -> Vec<&dyn SettingValue>;

    /// Reads the value of a setting that some choice has.
    ///
    /// # Errors
    /// The format's, where the value is of another kind.
    fn read_value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Box<dyn SettingValue>, A::Error>;

    /// The same choice with those settings that are given, taken out of `settings`, and defaults for the others.
    #[must_use]
    fn with(&self, settings: &mut Settings) -> Self;

    /// The choice of a name, with its settings at their defaults.
    fn named(name: &str) -> Option<Self> {
        let is_named = |choice: &&Self| {
            let Descriptor {
                name: own, aliases, ..
            } = choice.common();
            is_same_name(own, name) || aliases.iter().any(|alias| is_same_name(alias, name))
        };
        Self::all().iter().find(is_named).cloned()
    }

    /// Every name, aliases included.
    fn names() -> Vec<&'static str> {
        let names = Self::all().iter().map(Self::common);
        names
            .flat_map(|common| std::iter::once(common.name).chain(common.aliases.iter().copied()))
            .collect()
    }

    /// Whether it is the same choice as another, whatever the settings are.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The number that a setting is; none where the choice has no such number.
    fn number(&self, key: &str) -> Option<f64> {
        let mut settings = self.settings().iter().zip(self.values());
        settings.find(|(setting, _)| setting.key == key)?.1.number()
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is not.
    fn check(&self) -> Result<(), SettingError> {
        let mut values = self.settings().iter().zip(self.values());
        values.try_for_each(|(setting, value)| {
            setting
                .range
                .check(&format!("{}.{}", Self::KEY, setting.key), value)
        })
    }
}

/// A setting's value.
pub trait SettingValue: Any {
    /// It as a number, where it is one.
    fn number(&self) -> Option<f64> {
        None
    }

    /// It in messages.
    fn text(&self) -> String;
}

macro_rules! number {
    ($($number:ident),*) => {
        $( impl SettingValue for $number {
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
            fn text(&self) -> String {
                self.to_string()
            }
        } )*
    };
}
number!(f64, u64, usize);

impl SettingValue for bool {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// A setting that is left out is in every range.
impl<V: SettingValue> SettingValue for Option<V> {
    fn number(&self) -> Option<f64> {
        self.as_ref()?.number()
    }

    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "(none)".into(), V::text)
    }
}

impl<V: 'static> SettingValue for Vec<V> {
    fn text(&self) -> String {
        "(set)".into()
    }
}

/// The settings that a table gives.
#[derive(Default)]
pub struct Settings(Vec<(&'static str, Box<dyn SettingValue>)>);

impl Settings {
    /// Takes out the value of a setting, where it is given.
    pub fn take<V: 'static>(&mut self, key: &str) -> Option<V> {
        let at = self.0.iter().position(|(given, _)| *given == key)?;
        let value: Box<dyn Any> = self.0.remove(at).1;
        value.downcast().ok().map(|value| *value)
    }
}

/// Reads a choice.
///
/// # Errors
/// The format's: for an unknown name or key, for a setting that the choice does not use, and for one that it lacks.
pub fn read<'de, C: Choice, D: Deserializer<'de>>(deserializer: D) -> Result<C, D::Error> {
    let choice = deserializer.deserialize_any(NameOrTable {
        or_none: false,
        choice: PhantomData,
    })?;
    choice.ok_or_else(|| Error::missing_field(C::TAG))
}

/// A choice, or `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrNone<C>(pub Option<C>);

impl<C> Default for OrNone<C> {
    fn default() -> Self {
        Self(None)
    }
}

impl<C: Serialize> Serialize for OrNone<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(choice) => choice.serialize(serializer),
            None => serializer.serialize_str(NONE),
        }
    }
}

impl<'de, C: Choice> Deserialize<'de> for OrNone<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let choice = deserializer.deserialize_any(NameOrTable {
            or_none: true,
            choice: PhantomData,
        });
        choice.map(OrNone)
    }
}

const NONE: &str = "none";

struct NameOrTable<C> {
    or_none: bool,
    choice: PhantomData<C>,
}

impl<C: Choice> NameOrTable<C> {
    fn named(&self, name: &str) -> Result<Option<C>, String> {
        match C::named(name) {
            Some(choice) => Ok(Some(choice)),
            None if self.or_none && name == NONE => Ok(None),
            None => {
                let none = self.or_none.then_some(NONE);
                let names: Vec<&str> = none.into_iter().chain(C::names()).collect();
                Err(unknown("variant", name, &names))
            }
        }
    }
}

impl<'de, C: Choice> Visitor<'de> for NameOrTable<C> {
    type Value = Option<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = C::KEY.rsplit('.').next().unwrap_or(C::KEY);
        let article = if what.starts_with(['a', 'i', 'o']) {
            "an"
        } else {
            "a"
        };
        write!(
            f,
            "the name of {article} {what}, or a table with its {} and settings",
            C::TAG
        )
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<C>, E> {
        // A choice with a setting that has no default needs its table.
        let choice = self.named(name).map_err(E::custom)?;
        choice
            .map(|choice| with_settings(choice, Settings::default()))
            .transpose()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<C>, A::Error> {
        let mut choice = None;
        let mut settings = Settings::default();
        let keys = keys::<C>();
        let known = |key: &str| {
            let known = keys.iter().find(|known| is_same_name(known, key));
            known.copied().ok_or_else(|| unknown("field", key, &keys))
        };
        while let Some(key) = map.next_key_seed(Text("a key", known))? {
            if key == C::TAG {
                choice = Some(map.next_value_seed(Text("a name", |name: &str| self.named(name)))?);
            } else {
                settings.0.push((key, C::read_value(key, &mut map)?));
            }
        }
        match choice.unwrap_or_else(|| C::UNNAMED.and_then(C::named)) {
            Some(choice) => with_settings(choice, settings).map(Some),
            None if !self.or_none => Err(Error::missing_field(C::TAG)),
            None => match settings.0.first() {
                Some((key, value)) => Err(refused::<C, _>(NONE, key, &value.text(), "does not use it")),
                None => Ok(None),
            },
        }
    }
}

/// A choice with the settings of its table.
fn with_settings<C: Choice, E: Error>(choice: C, mut settings: Settings) -> Result<C, E> {
    let name = choice.common().name;
    let is_used = |key: &str| choice.settings().iter().any(|setting| setting.key == key);
    // A setting of another choice says more about the mistake than one that is missing.
    if let Some((key, value)) = settings.0.iter().find(|(key, _)| !is_used(key)) {
        return Err(refused::<C, _>(name, key, &value.text(), "does not use it"));
    }
    let is_given = |key: &str| settings.0.iter().any(|(given, _)| *given == key);
    let mut required = choice.settings().iter().filter(|setting| setting.is_required);
    if let Some(setting) = required.find(|setting| !is_given(setting.key)) {
        return Err(refused::<C, _>(name, setting.key, "(missing)", "needs it"));
    }
    Ok(choice.with(&mut settings))
}

fn refused<C: Choice, E: Error>(name: &str, key: &str, found: &str, why: &str) -> E {
    let expected = format!("{}.{} = \"{name}\" {why}", C::KEY, C::TAG);
    E::custom(SettingError::new(format!("{}.{key}", C::KEY), found, expected))
}

/// The keys of a choice's table: the tag, and the settings of all choices.
fn keys<C: Choice>() -> Vec<&'static str> {
    let mut keys = vec![C::TAG];
    for setting in C::all().iter().flat_map(Choice::settings) {
        if !keys.contains(&setting.key) {
            keys.push(setting.key);
        }
    }
    keys
}

/// "unknown {what} `name`, expected one of `a`, `b`", as serde says it.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    let expected = match &known[..] {
        [] => "none".into(),
        [one] => one.clone(),
        [one, other] => format!("{one} or {other}"),
        several => format!("one of {}", several.join(", ")),
    };
    format!("unknown {what} `{name}`, expected {expected}")
}

/// Reads a text, which messages call so, and makes a value of it.
struct Text<F>(&'static str, F);

impl<'de, V, F: FnOnce(&str) -> Result<V, String>> DeserializeSeed<'de> for Text<F> {
    type Value = V;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<V, F: FnOnce(&str) -> Result<V, String>> Visitor<'_> for Text<F> {
    type Value = V;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<V, E> {
        (self.1)(text).map_err(E::custom)
    }
}
