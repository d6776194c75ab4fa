//! The macro that declares what a recipe can choose from.

/// Declares an enum, each variant with its settings and its descriptor:
///
/// ```text
/// choice! {
///     pub enum Average: Descriptor, key "train.average", tag "name", unnamed Some("ema"), alone true {
///         /// The exponential moving average.
///         Ema { decay: f64 = 0.999, DECAY; } => Descriptor { name: "ema", … },
///     }
/// }
/// ```
///
/// `key` is the recipe's key, for messages; `tag` the key of the name within its table; `unnamed` the choice of a table
/// without a name; `alone` whether a choice without settings is written as its name alone. A setting has its type, its
/// default and its [`Setting`](super::Setting). Variants under `others` are for programs: no recipe can name them.
#[macro_export]
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $vis:vis enum $Name:ident: $Descriptor:ty, key $key:literal, tag $tag:literal, unnamed $unnamed:expr, alone $alone:literal {
            $(
                $(#[$variant_meta:meta])*
                $Variant:ident $({ $( $field:ident: $Type:ty = $default:expr, $setting:expr; )* })? => $descriptor:expr
            ),* $(,)?
        }
        $( others {
            $( $(#[$other_meta:meta])* $Other:ident $other_fields:tt => $other_descriptor:expr ),* $(,)?
        } )?
    ) => {
        $(#[$meta])*
        $vis enum $Name {
            $(
                $(#[$variant_meta])*
                $Variant $({
                    $(
                        #[doc = concat!("The setting `", stringify!($field), "`; its descriptor says what it does.")]
                        $field: $Type,
                    )*
                })?,
            )*
            $( $( $(#[$other_meta])* $Other $other_fields, )* )?
        }

        impl $Name {
            /// Every choice that recipes can name, each with its settings at their defaults.
            pub const ALL: [Self; { [$( stringify!($Variant) ),*].len() }] = [
                $( Self::$Variant { $( $( $field: $default, )* )? } ),*
            ];

            /// Its descriptor.
            pub fn descriptor(&self) -> &'static $Descriptor {
                match self {
                    $( Self::$Variant { .. } => const { &$descriptor }, )*
                    $( $( Self::$Other { .. } => const { &$other_descriptor }, )* )?
                }
            }
        }

        impl $crate::descriptor::Choice for $Name {
            const KEY: &'static str = $key;
            const TAG: &'static str = $tag;
            const UNNAMED: Option<&'static str> = $unnamed;

            fn all() -> &'static [Self] {
                const { &Self::ALL }
            }

            fn common(&self) -> &'static $crate::descriptor::Descriptor {
                self.descriptor().as_ref()
            }

            fn settings(&self) -> &'static [$crate::descriptor::Setting] {
                match self {
                    $( Self::$Variant { .. } => const { &[ $( $( $setting, )* )? ] }, )*
                    $( $( Self::$Other { .. } => &[], )* )?
                }
            }

            fn values(&self) -> Vec<&dyn $crate::descriptor::SettingValue> {
                match self {
                    $( Self::$Variant { $( $( $field, )* )? } => vec![ $( $( $field, )* )? ], )*
                    $( $( Self::$Other { .. } => Vec::new(), )* )?
                }
            }

            #[allow(unused_variables, unreachable_patterns, reason = "choices share settings, or have none")]
            fn read_value<'de, A: serde::de::MapAccess<'de>>(
                key: &str,
                map: &mut A,
            ) -> Result<Box<dyn $crate::descriptor::SettingValue>, A::Error> {
                match key {
                    $( $( $( stringify!($field) => Ok(Box::new(map.next_value::<$Type>()?)), )* )? )*
                    _ => Err(serde::de::Error::custom("no such setting")),
                }
            }

            #[allow(unused_variables, reason = "some choices have no settings")]
            fn with(&self, settings: &mut $crate::descriptor::Settings) -> Self {
                match self {
                    $( Self::$Variant { .. } => Self::$Variant {
                        $( $( $field: settings.take(stringify!($field)).unwrap_or($default), )* )?
                    }, )*
                    $( $( Self::$Other { .. } => self.clone(), )* )?
                }
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                match self {
                    $( Self::$Variant { $( $( $field, )* )? } => {
                        let name = $crate::descriptor::Choice::common(self).name;
                        let changed: &[bool] = &[ $( $( *$field != $default, )* )? ];
                        let changed = changed.iter().filter(|changed| **changed).count();
                        if $alone && changed == 0 {
                            return serializer.serialize_str(name);
                        }
                        let mut map = serializer.serialize_map(Some(1 + changed))?;
                        map.serialize_entry($tag, name)?;
                        $( $(
                            if *$field != $default {
                                map.serialize_entry(stringify!($field), $field)?;
                            }
                        )* )?
                        map.end()
                    } )*
                    $( $( Self::$Other { .. } => serializer.serialize_str(self.name()), )* )?
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::descriptor::read(deserializer)
            }
        }
    };
}
