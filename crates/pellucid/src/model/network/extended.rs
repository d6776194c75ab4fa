//! Architectures with more than dense layers: scaled and embedded features, members that share the hidden layers, parametric
//! activations.

use super::Architecture;
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::model::embedding::{EmbeddedPart, Embedding, EmbeddingMethod};
use std::ops::Range;

impl Architecture {
    /// The same architecture with a diagonal layer in front: the first layer computes z = (x∘s)·W + b, with a trained scale
    /// for each feature, so that training can weaken useless features and strengthen good ones. (Holzmüller, Grinsztajn &
    /// Steinwart, *Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data*, 2024, section 3.)
    ///
    /// ```
    /// use pellucid::{Activation, Architecture};
    /// let plain = Architecture::new(&[4, 8, 3], &[Activation::Relu, Activation::Softmax], true)?;
    /// let scaled = plain.clone().scaling_inputs();
    /// assert_eq!(scaled.trained_count(), plain.trained_count() + 4);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    #[must_use]
    pub fn scaling_inputs(mut self) -> Self {
        self.has_input_scales = true;
        self.place_extras();
        self
    }

    /// The same architecture for `count` members that share the hidden layers. Each has scales of the features and an output
    /// layer of its own, learns by its own loss, and the prediction is the mean of their outputs. (TabM-mini: Gorishniy,
    /// Kotelnikov & Babenko, *TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling*, 2024, section 3.3.)
    ///
    /// ```
    /// use pellucid::{Activation, Architecture};
    /// let plain = Architecture::new(&[4, 8, 3], &[Activation::Relu, Activation::Softmax], true)?;
    /// let of_members = plain.with_members(32)?;
    /// assert_eq!(of_members.trained_count(), (4 * 8 + 8) + 32 * (8 * 3 + 3 + 4));
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Architecture`] for fewer than two members, for a network without a hidden layer that they could share, and for
    /// more parameters than memory can address.
    pub fn with_members(mut self, count: usize) -> Result<Self> {
        let refuse = |why: String| Err(Error::Architecture(why));
        if count < 2 {
            return refuse(format!(
                "`members` is {count}, but at least 2 members are needed; leave it out for a network that is not made of members"
            ));
        }
        let [.., _, _] = self.layers[..] else {
            return refuse(format!(
                "{} has no hidden layer that its {count} members could share; add one",
                self.describe()
            ));
        };
        let output = self.output_layer();
        let of_a_member = (output.fan_in + 1) * output.fan_out + self.layers[0].fan_in;
        let all = count.checked_mul(of_a_member);
        let all = all.and_then(|all| all.checked_add(self.parameter_count));
        if all.is_none_or(|all| all > (isize::MAX as usize) / 8) {
            return refuse(format!(
                "{count} members of {} have more weights than memory can address",
                self.describe()
            ));
        }
        self.member_count = count;
        self.has_input_scales = true;
        let last = self.layers.len() - 1;
        self.layers[last].copies = count;
        self.place_all();
        Ok(self)
    }

    /// The same architecture with embedded features: what stands in `embeddings` takes the place of the features that it names,
    /// in the order of the features, and the first layer is as wide as all of it.
    ///
    /// ```
    /// use pellucid::model::embedding::{Embedding, EmbeddingMethod};
    /// use pellucid::{Activation, Architecture};
    /// let plain = Architecture::new(&[5, 8, 3], &[Activation::Relu, Activation::Softmax], true)?;
    /// let of_numbers = Embedding::new(EmbeddingMethod::Pbld, 1, 3);
    /// let embedded = plain.embedding(&[of_numbers])?;
    /// assert_eq!(embedded.input_width(), 5);
    /// assert_eq!(embedded.layer(0).fan_in, 3 * 4 + 2);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Architecture`] for an embedding of features that do not exist, or that another one embeds, and for settings that
    /// make no sense.
    pub fn embedding(mut self, embeddings: &[Embedding]) -> Result<Self> {
        self.embedded_parts = EmbeddedPart::all(embeddings, self.input_width)?;
        if let Some(last) = self.embedded_parts.last() {
            self.layers[0].fan_in = last.outputs.end;
        }
        let addressable = |count: usize| {
            count
                .checked_mul(self.layers[0].fan_out)
                .is_some_and(|all| all <= (isize::MAX as usize) / 8)
        };
        if !addressable(self.layers[0].fan_in) {
            return Err(Error::Architecture(format!(
                "the embedded features of {} have more weights than memory can address",
                self.describe()
            )));
        }
        self.place_all();
        Ok(self)
    }

    /// The same architecture with parametric activations in its hidden layers: a = z + α·(f(z) − z), with a learnt α for each unit,
    /// which is 1 at the start. (Holzmüller, Grinsztajn & Steinwart, *Better by Default*, 2024, section 3.)
    #[must_use]
    pub fn with_parametric_activations(mut self) -> Self {
        if let Some((_, hidden)) = self.layers.split_last_mut() {
            hidden.iter_mut().for_each(|layer| layer.factors_at = Some(0));
        }
        self.place_extras();
        self
    }

    /// The number of members that share the hidden layers; 1 for a network that is not made of members.
    #[inline(always)]
    pub fn member_count(&self) -> usize {
        self.member_count
    }

    /// The activation of the output layer, also of an architecture [without](Self::without_output_activation) it: members
    /// average what it gives, such as probabilities.
    pub(crate) fn averaged_in(&self) -> Activation {
        self.averaged_in
    }

    /// The range of the scales of the features, (fan_in of the first layer), in the parameters, if the network has them;
    /// (members, fan_in) of a network of members.
    #[inline(always)]
    pub fn input_scales(&self) -> Option<Range<usize>> {
        let count = self.member_count * self.layers[0].fan_in;
        self.has_input_scales
            .then_some(self.scales_at..self.scales_at + count)
    }

    /// What the features become before the first layer, in order; empty where they stay as they are.
    pub fn embedded_parts(&self) -> &[EmbeddedPart] {
        &self.embedded_parts
    }

    /// The embeddings of features.
    pub fn embeddings(&self) -> impl Iterator<Item = &Embedding> {
        self.embedded_parts
            .iter()
            .filter_map(|part| Some(&part.embedding.as_ref()?.0))
    }

    /// The names of what the first layer gets, from those of the features, which are none or one each: of each number that is
    /// embedded its name, with the number of what it became, and likewise the first name of features that are embedded together.
    pub fn embedded_names(&self, names: Vec<String>) -> Vec<String> {
        if self.embedded_parts.is_empty() || names.is_empty() {
            return names;
        }
        let mut embedded = Vec::new();
        for part in &self.embedded_parts {
            let together = part
                .embedding
                .as_ref()
                .is_some_and(|(one, _)| one.method == EmbeddingMethod::Linear);
            let named = if together { 1 } else { part.features.len() };
            let width = part.outputs.len() / named;
            for name in &names[part.features.clone()][..named] {
                match width {
                    1 => embedded.push(name.clone()),
                    _ => embedded.extend((1..=width).map(|number| format!("{name} ({number})"))),
                }
            }
        }
        embedded
    }

    /// Whether the features are embedded or scaled before the first layer.
    #[inline(always)]
    pub fn changes_features(&self) -> bool {
        self.has_input_scales || !self.embedded_parts.is_empty()
    }

    /// Whether hidden layers have parametric activations.
    pub fn has_parametric_activations(&self) -> bool {
        self.layers.iter().any(|layer| layer.factors_at.is_some())
    }

    /// Whether the network is made of nothing but dense layers and their activations.
    pub fn is_plain(&self) -> bool {
        !self.changes_features() && !self.is_normalised() && !self.has_parametric_activations()
    }
}
