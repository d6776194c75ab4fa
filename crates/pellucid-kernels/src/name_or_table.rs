//! Reads and writes settings that are a name alone, or a table with a `name` and more keys.

/// Implements serde for `$Whole`, a struct with `#[serde(remote = "Self")]`: written as the name alone where all other
/// settings have their defaults.
#[macro_export]
macro_rules! name_or_table {
    ($Whole:ident of $Name:ident, $expected:literal) => {
        impl From<$Name> for $Whole {
            fn from(name: $Name) -> Self {
                Self {
                    name,
                    ..Self::default()
                }
            }
        }

        impl serde::Serialize for $Whole {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if *self == Self::from(self.name) {
                    serde::Serialize::serialize(&self.name, serializer)
                } else {
                    // Not this function, but the inherent one that serde derives.
                    $Whole::serialize(self, serializer)
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $Whole {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> serde::de::Visitor<'de> for Either {
                    type Value = $Whole;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$Whole, E> {
                        let name: serde::de::value::StrDeserializer<'_, E> =
                            serde::de::IntoDeserializer::into_deserializer(name);
                        <$Name as serde::Deserialize>::deserialize(name).map($Whole::from)
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$Whole, A::Error> {
                        $Whole::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }
                deserializer.deserialize_any(Either)
            }
        }
    };
}
