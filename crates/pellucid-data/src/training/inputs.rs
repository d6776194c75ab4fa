//! The inputs of a network: their number, and how they are embedded, as the preparation of a table decides.

use crate::error::{Result, setting};
use crate::preparation::{FeatureColumn, Preparation, Transform};
use pellucid::model::embedding::{Embedding, EmbeddingMethod};
use pellucid::recipe::{NumberEmbedding, Recipe, TableRecipe};

/// The most bins that a number may have.
const MOST_BINS: usize = 256;

/// Sets the first layer and the embeddings of a recipe to what the preparation makes of rows.
pub(super) fn fit_inputs(recipe: &mut Recipe, preparation: &Preparation) {
    recipe.network.layers[0] = preparation.width();
    if let Some(table) = &recipe.data.table {
        recipe.network.embeddings = embeddings(table, preparation.columns());
    }
}

/// Refuses settings of numbers that contradict how they are scaled.
pub(super) fn check_numbers(table: &TableRecipe) -> Result<()> {
    const BINS: &str = "data.table.bins";
    const EMBEDDING: &str = "data.table.embed_numbers";
    let is_piecewise = table.scale.is_piecewise();
    match table.bins {
        Some(bins) if !is_piecewise => {
            let expected = "only numbers with the scale \"piecewise_quantile\" or \"piecewise_tree\" have bins; set --scale to \
                            one of them, or leave it out";
            return Err(setting(BINS, bins, expected));
        }
        Some(bins) if !(2..=MOST_BINS).contains(&bins) => {
            return Err(setting(BINS, bins, format!("2 to {MOST_BINS} are possible")));
        }
        _ => {}
    }
    match table.embed_numbers {
        Some(NumberEmbedding::Linear) if !is_piecewise => {
            let expected = "it embeds the bins of a number, and only the scales \"piecewise_quantile\" and \"piecewise_tree\" make \
                            some; leave it out, or use \"pbld\" or \"plr\"";
            Err(setting(EMBEDDING, "\"linear\"", expected))
        }
        Some(how @ (NumberEmbedding::Pbld | NumberEmbedding::Plr)) if is_piecewise => {
            let found = format!("\"{}\"", how.method().name());
            let expected = "it embeds one feature of each number, and a piecewise scale makes several; use \"linear\", or leave it \
                            out with --unset data.table.embed_numbers";
            Err(setting(EMBEDDING, found, expected))
        }
        _ => Ok(()),
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
            // The last feature may say where the number is missing.
            Transform::Number(number) | Transform::LargeInteger { number, .. } => {
                let method = table.embed_numbers.map(|how| how.method());
                let last = first + number.encoded_width() - 1;
                let embedded = method.filter(|_| last >= first);
                embedded.map(|method| Embedding::new(method, first, last))
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
