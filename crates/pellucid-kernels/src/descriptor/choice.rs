//! The macro that declares what a recipe can choose from.

/// Declares an enum, each variant with its settings and its descriptor, and the settings, which variants share:
///
/// ```text
/// choice! {
///     pub enum Optimizer: Descriptor, key "train.optimizer", tag "name", unnamed Some("sgd"), alone true {
///         /// Adam.
///         Adam { beta_1, beta_2 } => Descriptor { name: "adam", … },
///         /// Lion.
///         Lion { beta_1, beta_2 = 0.99 } => Descriptor { name: "lion", … },
///     }
///     settings OptimizerSettings {
///         beta_1: f64 = 0.9, Setting::number(Range::BELOW_ONE, "β₁: how slowly the first moment follows the gradient");
///         beta_2: f64 = 0.999, …;
///     }
/// }
/// ```
///
/// `key` is the recipe's key, for messages; `tag` the key of the name within its table; `unnamed` the choice of a table
/// without a name; `alone` whether a choice without settings is written as its name alone. A setting has its type, its
/// default, which a variant can replace, and its [`Setting`](super::Setting). Where `settings` has a name, `all_settings`
/// returns a structure of this name. Variants under `others` are for programs: no recipe can name them.
#[macro_export]
macro_rules! choice {
    (@default $setting:ident) => { setting::$setting::DEFAULT };
    (@default $setting:ident $default:expr) => { $default };

    (@name $Name:ident) => {
        impl $Name {
            /// The name in recipes.
            pub fn name(&self) -> &'static str {
                $crate::descriptor::Choice::common(self).name
            }
        }
    };
    // A choice of a program may have a name of its own.
    (@name $Name:ident $others:tt) => {};

    (@all $vis:vis $Name:ident [] $settings:tt $variants:tt) => {};
    (@all
        $vis:vis $Name:ident [$Settings:ident] { $($setting:ident)* } { $( $Variant:ident { $($field:ident)* } )* }
    ) => {
        #[doc = concat!("Every setting that some choice of [`", stringify!($Name), "`] has.")]
        #[derive(Debug, Clone, Copy, PartialEq)]
        $vis struct $Settings {
            $(
                #[doc = concat!("The setting `", stringify!($setting), "`.")]
                pub $setting: setting::$setting::Type,
            )*
        }

        impl $Name {
            /// Every setting; one that it does not have is at its default.
            #[inline]
            #[allow(unreachable_patterns, reason = "there may be no others")]
            pub fn all_settings(&self) -> $Settings {
                let mut all = $Settings { $( $setting: setting::$setting::DEFAULT, )* };
                match self {
                    $( Self::$Variant { $( $field, )* } => { $( all.$field = *$field; )* } )*
                    _ => {}
                }
                all
            }
        }
    };

    (
        $(#[$meta:meta])*
        $vis:vis enum $Name:ident: $Descriptor:ty, key $key:literal, tag $tag:literal, unnamed $unnamed:expr, alone $alone:literal {
            $(
                $(#[$variant_meta:meta])*
                $Variant:ident $({ $( $field:ident $(= $own:expr)? ),* })? => $descriptor:expr
            ),* $(,)?
        }
        $( settings $($Settings:ident)? {
            $( $setting:ident: $Type:ty = $default:expr, $meaning:expr; )*
        } )?
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
                        $field: setting::$field::Type,
                    )*
                })?,
            )*
            $( $( $(#[$other_meta])* $Other $other_fields, )* )?
        }

        $( mod setting {
            $(
                pub(super) mod $setting {
                    #[allow(unused_imports, reason = "what type, default and range are made of")]
                    use super::super::*;
                    pub(in super::super) type Type = $Type;
                    pub(in super::super) const DEFAULT: Type = $default;
                    pub(in super::super) const SETTING: $crate::descriptor::Setting =
                        $meaning.named(stringify!($setting));
                }
            )*
        } )?

        $crate::choice!(@name $Name $( { $($Other)* } )?);
        $crate::choice!(
            @all $vis $Name [$( $($Settings)? )?] { $( $($setting)* )? } { $( $Variant { $( $($field)* )? } )* }
        );

        impl $Name {
            /// Every choice that recipes can name, each with its settings at their defaults.
            pub const ALL: [Self; { [$( stringify!($Variant) ),*].len() }] = [
                $( Self::$Variant { $( $( $field: $crate::choice!(@default $field $($own)?), )* )? } ),*
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
                    $( Self::$Variant { .. } => const { &[ $( $( setting::$field::SETTING, )* )? ] }, )*
                    $( $( Self::$Other { .. } => &[], )* )?
                }
            }

            fn values(&self) -> Vec<&dyn $crate::descriptor::SettingValue> {
                match self {
                    $( Self::$Variant { $( $( $field, )* )? } => vec![ $( $( $field, )* )? ], )*
                    $( $( Self::$Other { .. } => Vec::new(), )* )?
                }
            }

            #[allow(unused_variables, reason = "there may be no settings")]
            fn read_value<'de, A: serde::de::MapAccess<'de>>(
                key: &str,
                map: &mut A,
            ) -> Result<Box<dyn $crate::descriptor::SettingValue>, A::Error> {
                match key {
                    $( $( stringify!($setting) => Ok(Box::new(map.next_value::<$Type>()?)), )* )?
                    _ => Err(serde::de::Error::custom("no such setting")),
                }
            }

            #[allow(unused_variables, reason = "some choices have no settings")]
            fn with(&self, settings: &mut $crate::descriptor::Settings) -> Self {
                match self {
                    $( Self::$Variant { .. } => Self::$Variant {
                        $( $(
                            $field: settings.take(stringify!($field)).unwrap_or($crate::choice!(@default $field $($own)?)),
                        )* )?
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
                        if $alone $( $( && *$field == $crate::choice!(@default $field $($own)?) )* )? {
                            return serializer.serialize_str(name);
                        }
                        let mut map = serializer.serialize_map(None)?;
                        map.serialize_entry($tag, name)?;
                        $( $(
                            if *$field != $crate::choice!(@default $field $($own)?) {
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
