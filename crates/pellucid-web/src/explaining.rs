//! The next step as a worked example, at the present parameters and with the memory of the optimizer.

use crate::data_set::DataSet;
use crate::stepper::Stepper;
use crate::thrown::Thrown;
use pellucid::Scalar;
use pellucid::inspection::explanation::{Explanation, Labels, class_names};
use pellucid::training::continuing::ContinueFrom;
use std::num::NonZeroUsize;

/// The record of the step that the training would take next if its batch were a row, counted from 0. After the last step it is
/// one by the same rule, with an optimizer that remembers nothing.
pub fn explain<T: Scalar>(
    stepper: &Stepper<T>,
    data: Option<&DataSet>,
    row: usize,
) -> Result<Explanation, Thrown> {
    let session = stepper.session();
    let rows = session.training().rows();
    if row >= rows {
        return Err(format!(
            "row {row} cannot be explained: the training data have {rows} rows, counted from 0"
        )
        .into());
    }
    let row = row as u32;
    let labels = Labels {
        name: data.map_or_else(|| "the recipe".into(), |data| data.name.clone()),
        input_names: data.map_or_else(Vec::new, |data| data.feature_names.clone()),
        output_names: match data {
            Some(data) if data.target_names.len() == session.initial().architecture().output_width() => {
                data.target_names.clone()
            }
            _ => class_names(session.training()),
        },
        ..Labels::default()
    };
    let takes_steps = stepper.recipe().train.optimizer.takes_steps();
    if stepper.now().end.is_none() && takes_steps {
        let mut state = ContinueFrom::new(stepper.state());
        if let Some((position, trace)) = session.clone().trace(stepper.step(), Some(&[row]), &mut state)? {
            return Ok(Explanation::from_trace(
                stepper.recipe(),
                &trace,
                position,
                labels,
            ));
        }
    }
    let labels = Labels {
        rows: Some(vec![u64::from(row) + 1]),
        ..labels
    };
    let data = session.training().picked(&[row])?;
    let network = stepper.now().network.clone();
    let explanation = Explanation::of_next_step(stepper.recipe(), network, &data, labels, NonZeroUsize::MIN)?;
    Ok(explanation)
}
