//! The models by name and version.

use super::served::ServedModel;
use super::source::ModelSource;
use pellucid::descriptor::nearest;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The models that are served. Reading takes no longer than a counter; a model that is replaced answers the requests that it has.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    models: RwLock<BTreeMap<String, Vec<Arc<ServedModel>>>>,
}

/// Why there is no model of a name.
#[derive(Debug)]
pub(crate) struct NoModel(pub(crate) String);

impl Registry {
    /// Puts a model in the place of the one of its name and version.
    pub(crate) fn put(&self, model: ServedModel) {
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        let versions = models.entry(model.name.clone()).or_default();
        versions.retain(|other| other.version != model.version);
        versions.push(Arc::new(model));
        versions.sort_by(|a, b| ModelSource::order(&a.version).cmp(&ModelSource::order(&b.version)));
    }

    /// A model by name and version; without a version the latest, without a name the only one.
    pub(crate) fn find(
        &self,
        name: Option<&str>,
        version: Option<&str>,
    ) -> Result<Arc<ServedModel>, NoModel> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        let names = || models.keys().map(String::as_str);
        let versions = match name {
            Some(name) => models.get(name).ok_or_else(|| {
                let near = nearest(name, names());
                let near = near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean {near:?}?"));
                NoModel(format!(
                    "there is no model {name:?}{near} Served are: {}",
                    listed(names())
                ))
            })?,
            None if models.len() == 1 => models.values().next().into_iter().next().ok_or_else(no_model)?,
            None if models.is_empty() => return Err(no_model()),
            None => {
                return Err(NoModel(format!(
                    "{} models are served, so name one, as in ?model=NAME; there are {}",
                    models.len(),
                    listed(names())
                )));
            }
        };
        let found = match version {
            None => versions.last(),
            Some(version) => versions.iter().find(|model| model.version == version),
        };
        found.cloned().ok_or_else(|| {
            let versions = versions.iter().map(|model| model.version.as_str());
            let version = version.unwrap_or_default();
            NoModel(format!(
                "the model has no version {version:?}; there are {}",
                listed(versions)
            ))
        })
    }

    /// All models, by name and version.
    pub(crate) fn all(&self) -> Vec<Arc<ServedModel>> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        models.values().flatten().cloned().collect()
    }

    /// The versions of a model, the latest last.
    pub(crate) fn versions(&self, name: &str) -> Vec<String> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        let versions = models.get(name).into_iter().flatten();
        versions.map(|model| model.version.clone()).collect()
    }
}

fn no_model() -> NoModel {
    NoModel("no model is loaded yet; try again in a moment".into())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
