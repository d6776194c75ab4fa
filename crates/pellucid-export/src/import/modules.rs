//! The modules of a state dict in the order in which a network computes them.

use super::ImportRequest;
use super::state_dict::StateDict;
use crate::layers::Stage;
use pellucid::Activation;
use pellucid::descriptor::Choice;

type Named = (String, Stage);

/// The stages of a network, in order. Where the request names the layers, these; else those that names and sizes of the
/// modules show, with the activations of the request.
///
/// # Errors
/// The order is not certain, or an activation is missing.
pub(super) fn ordered(
    state: &StateDict,
    layers: &[String],
    request: &ImportRequest<'_>,
) -> Result<Vec<Named>, String> {
    match layers {
        [] => {
            inferred(state, request).map_err(|problem| format!("{problem}. The tensors are {}", state.shown))
        }
        named => chosen(state, named),
    }
}

/// Modules and activations by name.
fn chosen(state: &StateDict, names: &[String]) -> Result<Vec<Named>, String> {
    let mut stages: Vec<Named> = Vec::new();
    for name in names {
        let module = state.modules.get(name).cloned();
        let stage = module.or_else(|| Activation::named(name).map(Stage::Activation));
        let stage = stage.ok_or_else(|| {
            format!(
                "{name:?} is neither a module of the file nor an activation; the tensors are {}",
                state.shown
            )
        })?;
        let is_module = !matches!(stage, Stage::Activation(_));
        if is_module && stages.iter().any(|(other, _)| other == name) {
            return Err(format!("the module {name:?} is named twice"));
        }
        stages.push((name.clone(), stage));
    }
    let unused = state
        .modules
        .keys()
        .find(|name| !stages.iter().any(|(other, _)| other == *name));
    match unused {
        Some(name) => Err(format!(
            "the module {name:?} is not among the layers that are named"
        )),
        None => Ok(stages),
    }
}

const NAME_THE_LAYERS: &str =
    "name modules and activations in order with --layers, such as --layers fc1,norm1,relu,fc2,softmax";

/// The last number of a name, what stands around it, and all numbers.
fn parts_of(name: &str) -> (String, Vec<u64>) {
    let mut text = String::new();
    let mut numbers = Vec::new();
    let mut digits = String::new();
    for letter in name.chars().chain(['\0']) {
        if letter.is_ascii_digit() && digits.len() < 18 {
            digits.push(letter);
            continue;
        }
        if let Ok(number) = digits.parse() {
            numbers.push(number);
            text.push('#');
            digits.clear();
        }
        text.push(letter);
    }
    (text, numbers)
}

/// Modules with their place; places that follow each other have no other module between them.
fn placed(state: &StateDict) -> Result<Vec<(u64, Named)>, String> {
    let modules: Vec<Named> = state
        .modules
        .iter()
        .map(|(name, stage)| (name.clone(), stage.clone()))
        .collect();
    let parts: Vec<(String, Vec<u64>)> = modules.iter().map(|(name, _)| parts_of(name)).collect();
    let is_numbered = parts
        .iter()
        .all(|(text, numbers)| *text == parts[0].0 && !numbers.is_empty());
    if is_numbered {
        let mut all: Vec<(Vec<u64>, Named)> = parts
            .into_iter()
            .map(|(_, numbers)| numbers)
            .zip(modules)
            .collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Numbers say how far modules are apart where one of them changes.
        let changing: Vec<usize> = (0..all[0].0.len())
            .filter(|&at| all.iter().any(|(numbers, _)| numbers[at] != all[0].0[at]))
            .collect();
        return match changing[..] {
            [] => Ok(all.into_iter().map(|(_, module)| (0, module)).collect()),
            [at] => Ok(all
                .into_iter()
                .map(|(numbers, module)| (numbers[at], module))
                .collect()),
            _ if all.iter().all(|(_, (_, stage))| matches!(stage, Stage::Dense(_))) => Ok((0..)
                .zip(all)
                .map(|(place, (_, module))| (place, module))
                .collect()),
            _ => Err(format!(
                "the order of the modules is not certain; {NAME_THE_LAYERS}"
            )),
        };
    }
    chain(modules).map(|modules| (0..).zip(modules).collect())
}

/// Linear layers in the only order in which their sizes fit.
fn chain(modules: Vec<Named>) -> Result<Vec<Named>, String> {
    let uncertain = || format!("the order of the modules is not certain; {NAME_THE_LAYERS}");
    let mut rest: Vec<(usize, usize, Named)> = modules
        .into_iter()
        .map(|module| match &module.1 {
            Stage::Dense(layer) => Ok((layer.inputs, layer.outputs, module)),
            _ => Err(uncertain()),
        })
        .collect::<Result<_, _>>()?;
    let one_of = |found: Vec<usize>| match found[..] {
        [one] => Ok(one),
        _ => Err(uncertain()),
    };
    let is_first =
        |(inputs, ..): &(usize, usize, Named)| !rest.iter().any(|(_, outputs, _)| outputs == inputs);
    let firsts = (0..rest.len()).filter(|&at| is_first(&rest[at])).collect();
    let mut at = one_of(firsts)?;
    let mut ordered = Vec::new();
    loop {
        let (_, outputs, module) = rest.swap_remove(at);
        ordered.push(module);
        if rest.is_empty() {
            return Ok(ordered);
        }
        at = one_of((0..rest.len()).filter(|&at| rest[at].0 == outputs).collect())?;
    }
}

/// The stages, with the activations that the request names between the modules.
fn inferred(state: &StateDict, request: &ImportRequest<'_>) -> Result<Vec<Named>, String> {
    if state.modules.is_empty() {
        return Err("it has no tensor of a network".into());
    }
    let modules = placed(state)?;
    let is_dense = |stage: &Stage| matches!(stage, Stage::Dense(_));
    let denses: Vec<usize> = (0..modules.len())
        .filter(|&at| is_dense(&modules[at].1.1))
        .collect();
    let (Some(&first), Some(&last)) = (denses.first(), denses.last()) else {
        return Err("it has no linear layer, whose weight has the shape (outputs, inputs)".into());
    };
    let hidden = denses.len() - 1;
    let needed = |of: &mut dyn Iterator<Item = usize>| of.count();
    let has_own = |from: usize| {
        let next = denses[denses.iter().position(|&at| at == from).unwrap_or_default() + 1];
        modules[from + 1..next]
            .iter()
            .any(|(_, (_, stage))| matches!(stage, Stage::Leaky(_)))
    };
    let without = needed(&mut denses[..hidden].iter().copied().filter(|&from| !has_own(from)));
    let mut activations = match request.activations {
        [] if without > 0 => {
            return Err(format!(
                "a state dict does not say which activations the network has; give that of the hidden layers with --activation, \
                 such as --activation relu, or {NAME_THE_LAYERS}"
            ));
        }
        [] => vec![],
        [one] => vec![*one; without],
        several if several.len() == without => several.to_vec(),
        several => {
            return Err(format!(
                "{} activations are named, and {without} hidden layers need one",
                several.len()
            ));
        }
    }
    .into_iter();
    let gaps: Vec<u64> = denses
        .windows(2)
        .filter(|pair| pair[1] == pair[0] + 1)
        .map(|pair| modules[pair[1]].0 - modules[pair[0]].0)
        .collect();
    if gaps.contains(&1) && gaps.iter().any(|&gap| gap > 1) {
        return Err(format!(
            "some linear layers follow each other directly and some do not, so that it is not certain where the activations are; \
             {NAME_THE_LAYERS}"
        ));
    }
    let mut stages: Vec<Named> = modules[..=first]
        .iter()
        .map(|(_, module)| module.clone())
        .collect();
    for pair in denses.windows(2) {
        let between = &modules[pair[0] + 1..pair[1]];
        let named = between.iter().map(|(_, module)| module.clone());
        if has_own(pair[0]) {
            stages.extend(named);
        } else {
            let activation = activations.next().unwrap_or(Activation::Identity);
            let activation = (activation.name().to_owned(), Stage::Activation(activation));
            match between {
                [] => stages.push(activation),
                [(place, module)] => match (place - modules[pair[0]].0, modules[pair[1]].0 - place) {
                    (1, after) if after > 1 => stages.extend([module.clone(), activation]),
                    (before, 1) if before > 1 => stages.extend([activation, module.clone()]),
                    _ => return Err(unplaced(&module.0)),
                },
                [_, (_, module), ..] => return Err(unplaced(&module.0)),
            }
        }
        stages.push(modules[pair[1]].1.clone());
    }
    stages.extend(modules[last + 1..].iter().map(|(_, module)| module.clone()));
    match request.output_activation {
        Some(activation) => stages.push((activation.name().to_owned(), Stage::Activation(activation))),
        None if !request.classes.is_empty() => {}
        None => {
            return Err(
                "a state dict does not say what the output layer gives; give --output-activation identity for numbers or logits, \
                 softmax or sigmoid for probabilities, or name the classes with --classes"
                    .into(),
            );
        }
    }
    Ok(stages)
}

fn unplaced(module: &str) -> String {
    format!("it is not certain whether {module:?} stands before or after the activation; {NAME_THE_LAYERS}")
}
