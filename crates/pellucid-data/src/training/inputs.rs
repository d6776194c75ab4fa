//! The inputs of a network: their number, and how they are embedded, as the preparation of a table decides.

use crate::preparation::{FeatureColumn, Preparation, Transform};
use pellucid::model::embedding::{Embedding, EmbeddingMethod};
use pellucid::recipe::{Recipe, TableRecipe};

/// Sets the first layer and the embeddings of a recipe to what the preparation makes of rows.
pub(super) fn fit_inputs(recipe: &mut Recipe, preparation: &Preparation) {
    recipe.network.layers[0] = preparation.width();
    if let Some(table) = &recipe.data.table {
        recipe.network.embeddings = embeddings(table, preparation.columns());
    }
}

/// The embeddings of the features of these columns.
fn embeddings(table: &TableRecipe, columns: &[FeatureColumn]) -> Vec<Embedding> {
    let mut embeddings: Vec<Embedding> = Vec::new();
    let mut next = 1;
    for column in columns {
        let first = next;
        next += column.transform.width();
        let embedded = match &column.transform {
            // The first feature is the number, the second says where it is missing.
            Transform::Number(_) | Transform::LargeInteger { .. } => {
                let method = table.embed_numbers.map(|how| how.method());
                method.map(|method| Embedding::new(method, first, first))
            }
            Transform::Category(_) => {
                let above = table.embed_categories_above;
                let is_embedded = above.is_some_and(|above| next - first > above);
                is_embedded.then(|| Embedding::new(EmbeddingMethod::Linear, first, next - 1))
            }
            _ => None,
        };
        match (embeddings.last_mut(), embedded) {
            (Some(last), Some(new)) if is_continued(last, &new) => last.last = new.last,
            (_, new) => embeddings.extend(new),
        }
    }
    embeddings
}

/// Whether `new` embeds the number after those of `last` in the same way.
fn is_continued(last: &Embedding, new: &Embedding) -> bool {
    last.method == new.method && last.method != EmbeddingMethod::Linear && last.last + 1 == new.first
}
