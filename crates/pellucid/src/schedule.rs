//! Learning-rate schedules: what the rate of each step is. A rate is a function of the step and of how many steps the
//! run has, and of nothing else.

use crate::error::{Error, Result};
use crate::recipe::{ScheduleName, ScheduleRecipe};
use std::f64::consts::PI;

/// How the learning rate changes over a run. Rates are told as fractions of the recipe's `train.learning_rate`,
/// which is the highest.
///
/// `warmup` is the part of the run's steps, 0 to 1, in which the rate rises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// The same rate throughout, once warmed up.
    Constant {
        /// The part of the steps in which the rate rises.
        warmup: f64,
    },
    /// Falls by the same amount each step.
    Linear {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it falls to.
        end: f64,
    },
    /// Falls as half a wave of the cosine does: slowly, fast, slowly. Loshchilov & Hutter, *SGDR: Stochastic Gradient
    /// Descent with Warm Restarts*, 2017, equation 5, without a restart.
    Cosine {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it falls to.
        end: f64,
    },
    /// Rises from `start`, then falls to `end`, each as half a wave of the cosine. Smith & Topin, *Super-Convergence:
    /// Very Fast Training of Neural Networks Using Large Learning Rates*, 2018, in the form that PyTorch's
    /// `OneCycleLR` gave it.
    OneCycle {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it rises from, at the first step.
        start: f64,
        /// The fraction it falls to, at the last step.
        end: f64,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant { warmup: 0.0 }
    }
}

impl Schedule {
    /// The schedule that a recipe asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for a key that the schedule does not read, or that is not from 0 to 1.
    pub fn of(recipe: &ScheduleRecipe) -> Result<Self> {
        check_keys(recipe)?;
        let warmup = recipe.warmup;
        let end = recipe.end;
        Ok(match recipe.name {
            ScheduleName::Constant => Self::Constant {
                warmup: warmup.unwrap_or(0.0),
            },
            ScheduleName::Linear => Self::Linear {
                warmup: warmup.unwrap_or(0.0),
                end: end.unwrap_or(0.0),
            },
            ScheduleName::Cosine => Self::Cosine {
                warmup: warmup.unwrap_or(0.0),
                end: end.unwrap_or(0.0),
            },
            // PyTorch's div_factor is 25, its final_div_factor 10,000.
            ScheduleName::OneCycle => Self::OneCycle {
                warmup: warmup.unwrap_or(0.3),
                start: recipe.start.unwrap_or(1.0 / 25.0),
                end: end.unwrap_or(1.0 / 250_000.0),
            },
        })
    }

    /// Whether every step has the same rate.
    pub fn is_constant(&self) -> bool {
        *self == Self::Constant { warmup: 0.0 }
    }

    /// The rate of step `step`, counted from 0, of a run of `steps` steps whose highest rate is `highest`.
    ///
    /// ```
    /// use pellucid::Schedule;
    /// let halfway = Schedule::Cosine { warmup: 0.0, end: 0.0 }.rate(0.1, 50, 100);
    /// assert!((halfway - 0.05).abs() < 1e-12);
    /// ```
    pub fn rate(&self, highest: f64, step: u64, steps: u64) -> f64 {
        highest * self.fraction(step as f64, steps as f64)
    }

    fn fraction(&self, step: f64, steps: f64) -> f64 {
        match *self {
            Self::Constant { warmup } => warming_up(step, warmup, steps).unwrap_or(1.0),
            Self::Linear { warmup, end } => warming_up(step, warmup, steps)
                .unwrap_or_else(|| along_line(1.0, end, fallen(step, warmup, steps))),
            Self::Cosine { warmup, end } => warming_up(step, warmup, steps)
                .unwrap_or_else(|| along_cosine(1.0, end, fallen(step, warmup, steps))),
            Self::OneCycle { warmup, start, end } => {
                let (top, last) = (warmup * steps - 1.0, steps - 1.0);
                if step < top {
                    along_cosine(start, 1.0, step / top)
                } else {
                    along_cosine(1.0, end, progress(step - top, last - top))
                }
            }
        }
    }
}

/// Steps of the warm-up.
fn warmup_steps(warmup: f64, steps: f64) -> f64 {
    (warmup * steps).round()
}

/// The fraction during the warm-up, which rises by the same amount each step and would reach 1 at the first step after
/// it: Goyal et al., *Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour*, 2017, section 2.2.
fn warming_up(step: f64, warmup: f64, steps: f64) -> Option<f64> {
    let length = warmup_steps(warmup, steps);
    (step < length).then(|| (step + 1.0) / (length + 1.0))
}

/// How far the fall after the warm-up has come. It is complete after the last step: a rate of 0 would waste it.
fn fallen(step: f64, warmup: f64, steps: f64) -> f64 {
    let length = warmup_steps(warmup, steps);
    progress(step - length, steps - length)
}

/// `done` of `all`, 0 to 1.
fn progress(done: f64, all: f64) -> f64 {
    if all > 0.0 {
        (done / all).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn along_line(from: f64, to: f64, progress: f64) -> f64 {
    from + (to - from) * progress
}

fn along_cosine(from: f64, to: f64, progress: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * progress).cos())
}

/// A key that the schedule does not read is a mistake, not a wish.
fn check_keys(recipe: &ScheduleRecipe) -> Result<()> {
    use ScheduleName::{Cosine, Linear, OneCycle};
    let falls = matches!(recipe.name, Linear | Cosine | OneCycle);
    let keys = [
        ("warmup", recipe.warmup, true),
        ("start", recipe.start, recipe.name == OneCycle),
        ("end", recipe.end, falls),
    ];
    for (key, value, read) in keys {
        let Some(value) = value else { continue };
        let expected = if !read {
            format!("train.schedule.name = \"{}\" does not use it", recipe.name.name())
        } else if !(0.0..=1.0).contains(&value) {
            let of_what = if key == "warmup" {
                "the steps"
            } else {
                "the learning rate"
            };
            format!("a fraction of {of_what} is needed, 0 to 1")
        } else {
            continue;
        };
        return Err(Error::Setting {
            key: format!("train.schedule.{key}"),
            found: value.to_string(),
            expected,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;

    const ALL: [Schedule; 4] = [
        Schedule::Constant { warmup: 0.2 },
        Schedule::Linear {
            warmup: 0.2,
            end: 0.1,
        },
        Schedule::Cosine {
            warmup: 0.2,
            end: 0.1,
        },
        Schedule::OneCycle {
            warmup: 0.2,
            start: 0.05,
            end: 0.1,
        },
    ];

    fn with(schedule: &str) -> String {
        format!(
            "data = {{ source = \"mnist\" }}\nnetwork = {{ layers = [784, 10], activation = \"softmax\" }}\n\
             [train]\nloss = \"categorical_cross_entropy\"\nlearning_rate = 0.1\nepochs = 1\n{schedule}\n"
        )
    }

    fn refusal(schedule: &str) -> String {
        Recipe::from_toml(&with(schedule), "test.toml")
            .and_then(|recipe| recipe.validate())
            .unwrap_err()
            .to_string()
    }

    fn read(schedule: &str) -> Schedule {
        let recipe = Recipe::from_toml(&with(schedule), "test.toml").unwrap();
        Schedule::of(&recipe.train.schedule).unwrap()
    }

    #[test]
    fn rates_rise_to_the_highest_and_then_fall_but_for_the_constant() {
        for schedule in ALL {
            let rates: Vec<f64> = (0..100).map(|step| schedule.rate(0.4, step, 100)).collect();
            assert!(rates[..20].is_sorted(), "{schedule:?}: {rates:?}");
            assert!(rates[20..].is_sorted_by(|a, b| a >= b), "{schedule:?}: {rates:?}");
            let highest = rates.iter().copied().fold(0.0, f64::max);
            assert!((highest - 0.4).abs() < 1e-15, "{schedule:?}: {highest}");
        }
    }

    #[test]
    fn the_ends_are_where_they_are_said_to_be() {
        let [_, linear, cosine, one_cycle] = ALL;
        // One step after the last one.
        assert!((linear.rate(1.0, 100, 100) - 0.1).abs() < 1e-15);
        assert!((cosine.rate(1.0, 100, 100) - 0.1).abs() < 1e-15);
        assert!((one_cycle.rate(1.0, 0, 100) - 0.05).abs() < 1e-15);
        assert!((one_cycle.rate(1.0, 19, 100) - 1.0).abs() < 1e-15);
        assert!((one_cycle.rate(1.0, 99, 100) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn the_shortest_runs_and_the_longest_warm_ups_have_finite_rates() {
        for steps in [0, 1, 2, 3] {
            for warmup in [0.0, 0.3, 1.0 / 3.0, 0.5, 1.0] {
                for schedule in [
                    Schedule::Constant { warmup },
                    Schedule::Linear { warmup, end: 0.0 },
                    Schedule::Cosine { warmup, end: 0.0 },
                    Schedule::OneCycle {
                        warmup,
                        start: 0.0,
                        end: 0.0,
                    },
                ] {
                    for step in 0..=steps + 1 {
                        let rate = schedule.rate(2.0, step, steps);
                        assert!(
                            (0.0..=2.0).contains(&rate),
                            "{schedule:?}, {step} of {steps}: {rate}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn recipes_name_a_schedule_or_set_it_out() {
        assert_eq!(read(""), Schedule::default());
        assert!(read("").is_constant());
        assert!(!read("schedule = { warmup = 0.1 }").is_constant());
        assert_eq!(
            read("schedule = \"cosine\""),
            read("[train.schedule]\nname = \"cosine\"")
        );
        assert_eq!(
            read("schedule = { name = \"linear\", warmup = 0.2, end = 0.1 }"),
            ALL[1]
        );
        let mut recipe = Recipe::from_toml(&with("schedule = \"one_cycle\""), "test.toml").unwrap();
        recipe.set("train.schedule.start=0.5").unwrap();
        assert_eq!(
            (recipe.train.schedule.name, recipe.train.schedule.start),
            (ScheduleName::OneCycle, Some(0.5))
        );
        let again = Recipe::from_toml(&recipe.to_toml().unwrap(), "again").unwrap();
        assert_eq!(again, recipe);
    }

    #[test]
    fn every_schedule_is_called_in_errors_what_it_is_called_in_recipes() {
        use ScheduleName::{Constant, Cosine, Linear, OneCycle};
        for name in [Constant, Linear, Cosine, OneCycle] {
            let written = toml::Value::try_from(name).unwrap();
            assert_eq!(written.as_str(), Some(name.name()));
        }
    }

    #[test]
    fn mistakes_are_told_of_with_place_and_remedy() {
        for (schedule, line, told) in [
            ("schedule = \"cosin\"", Some(7), "did you mean `cosine`?"),
            (
                "schedule = { name = \"cosine\", warmpu = 0.1 }",
                Some(7),
                "did you mean `warmup`?",
            ),
            (
                "[train.schedule]\nname = \"cosine\"\nwarmpu = 0.1",
                Some(9),
                "did you mean `warmup`?",
            ),
            (
                "[train.schedule]\nname = \"cosin\"",
                Some(8),
                "did you mean `cosine`?",
            ),
            ("schedule = 3", Some(7), "the name of a schedule, or a table"),
            (
                "schedule = { name = \"cosine\", start = 0.1 }",
                None,
                "train.schedule.start = 0.1 cannot be used: train.schedule.name = \"cosine\" does not use it",
            ),
            (
                "schedule = { end = 0.1 }",
                None,
                "train.schedule.name = \"constant\" does not use it",
            ),
            (
                "schedule = { warmup = 1.5 }",
                None,
                "train.schedule.warmup = 1.5 cannot be used: a fraction of the steps",
            ),
            (
                "schedule = { name = \"linear\", end = nan }",
                None,
                "train.schedule.end = NaN cannot be used: a fraction of the learning rate",
            ),
        ] {
            let refusal = refusal(schedule);
            assert!(refusal.contains(told), "{schedule}: {refusal}");
            if let Some(line) = line {
                assert!(
                    refusal.contains(&format!("test.toml, line {line},")),
                    "{schedule}: {refusal}"
                );
            }
        }
    }
}
