//! Recipes compared over several seeds: the verdict of `pellucid compare`.

use crate::clock;
use crate::data_set::DataSet;
use crate::thrown::Thrown;
use pellucid::training::observe::{Event, Observer};
use pellucid::{Recipe, Scalar, Session, with_precision};
use pellucid_report::VariantRuns;
use serde::Deserialize;
use serde_json::json;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use wasm_bindgen::prelude::wasm_bindgen;

/// What is compared.
#[derive(Deserialize)]
struct Request {
    recipes: Vec<Named>,
    seeds: u32,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    toml: String,
}

/// Recipes that are trained with the same seeds on the same samples, one training after another.
#[wasm_bindgen]
pub struct Comparison {
    recipes: Vec<Recipe>,
    seeds: Vec<u32>,
    data: DataSet,
    variants: Vec<VariantRuns>,
    done: usize,
}

/// The loss of each epoch.
struct Losses(Vec<f64>);

impl<T: Scalar> Observer<T> for Losses {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Epoch { loss, .. } = event {
            self.0.push(*loss);
        }
        ControlFlow::Continue(())
    }
}

impl Comparison {
    /// A comparison on a data set; all in JSON.
    pub(crate) fn new(request: &str, data: &str) -> Result<Self, Thrown> {
        let request: Request = serde_json::from_str(request)?;
        let data: DataSet = serde_json::from_str(data)?;
        let mut recipes = Vec::new();
        for recipe in &request.recipes {
            recipes.push(Recipe::from_toml(&recipe.toml, &recipe.name)?);
        }
        let Some(first) = recipes.first() else {
            return Err("a comparison needs a recipe".into());
        };
        let loss = first.logged_loss();
        if let Some(other) = recipes.iter().position(|recipe| recipe.logged_loss() != loss) {
            let [first, other] = [0, other].map(|at: usize| &request.recipes[at].name);
            return Err(format!(
                "{first} and {other} report different losses, which say nothing about each other; set log.loss to the same"
            )
            .into());
        }
        let seed = first.train.seed;
        let variants = request.recipes.into_iter().map(|recipe| VariantRuns {
            name: recipe.name,
            updates_per_epoch: 1,
            losses: Vec::new(),
            seconds: Vec::new(),
        });
        Ok(Self {
            variants: variants.collect(),
            seeds: (0..request.seeds.max(1))
                .map(|more| seed.wrapping_add(more))
                .collect(),
            recipes,
            data,
            done: 0,
        })
    }

    fn train<T: Scalar>(&self, recipe: Recipe) -> Result<(Losses, u64), Thrown> {
        let split = self.data.split::<T>(&recipe)?;
        let session = Session::new(recipe, split, NonZeroUsize::MIN)?.with_clock(&clock::seconds);
        let steps = session.steps_per_epoch();
        let mut losses = Losses(Vec::new());
        session.run(&mut losses)?;
        Ok((losses, steps))
    }
}

#[wasm_bindgen]
impl Comparison {
    /// Trains for about so many milliseconds, and at least once. How many trainings of how many are done.
    pub fn advance(&mut self, budget_ms: f64) -> Result<String, Thrown> {
        let of = self.recipes.len() * self.seeds.len();
        let begin = clock::seconds();
        while self.done < of {
            let (variant, seed) = (self.done % self.recipes.len(), self.done / self.recipes.len());
            let mut recipe = self.recipes[variant].clone();
            recipe.set_seed(self.seeds[seed]);
            let started = clock::seconds();
            let (losses, steps) = with_precision!(recipe.train.precision, T => self.train::<T>(recipe))?;
            let variant = &mut self.variants[variant];
            variant.updates_per_epoch = steps;
            variant.losses.push(losses.0);
            variant.seconds.push(clock::seconds() - started);
            self.done += 1;
            if clock::seconds() - begin >= budget_ms / 1e3 {
                break;
            }
        }
        Ok(json!({"done": self.done, "of": of}).to_string())
    }

    /// What the command says of the finished trainings.
    pub fn verdict(&self) -> Result<String, Thrown> {
        let seeds: Vec<u64> = self.seeds.iter().map(|&seed| u64::from(seed)).collect();
        let found = pellucid_report::Comparison::new(&seeds, &self.variants, None)?;
        Ok(json!({"text": found.to_string()}).to_string())
    }
}
