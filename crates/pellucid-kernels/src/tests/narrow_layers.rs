//! Compares the kernels of narrow layers, and the kernels of other shapes of the same widths, with the twin.

use super::activations::activation_twin;
use super::*;
use crate::layer::arrays::LayerArrays;
use crate::layer::layout::{LayerLayout, StackLayout};

/// The widths that kernels are compiled for.
const SUPPORTED: [usize; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16];
const RATE: f64 = 0.3;

/// Forward and backward pass of a layer, by the kernels that its shape selects. The layer below has the activations
/// `case.x`.
#[derive(Clone, Copy)]
struct Layer<'a, T> {
    case: &'a Case<T>,
    /// Its own activation.
    function: Activation,
    /// The activation of the layer below, elementwise.
    function_below: Activation,
}

struct Found<T> {
    z: Vec<T>,
    activation: Vec<T>,
    weights: Vec<T>,
    bias: Option<Vec<T>>,
    delta_below: Vec<T>,
}

/// Layers of these sizes, the inputs first; the parameters are all weights, then all biases.
fn layout_of(sizes: &[usize], functions: &[Activation], has_bias: bool) -> StackLayout {
    let weight_count: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let (mut weights_at, mut bias_at) = (0, weight_count);
    let mut layers = Vec::new();
    for (pair, &activation) in sizes.windows(2).zip(functions) {
        layers.push(LayerLayout {
            fan_in: pair[0],
            fan_out: pair[1],
            activation,
            weights_at,
            bias_at: has_bias.then_some(bias_at),
        });
        weights_at += pair[0] * pair[1];
        bias_at += pair[1];
    }
    StackLayout::new(layers, if has_bias { bias_at } else { weight_count })
}

fn selects_narrow_kernels<I: Isa>(shape: Shape) -> bool {
    I::HAS_NARROW && narrow::supports_rows(shape.rows) && narrow::supports_shape(shape.fan_in, shape.fan_out)
}

impl<T: Scalar> Task for Layer<'_, T> {
    type Output = Found<T>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Found<T> {
        if selects_narrow_kernels::<I>(self.case.shape) {
            self.as_last_of_two::<I>()
        } else {
            self.by_other_kernels::<I>()
        }
    }
}

impl<T: Scalar> Layer<'_, T> {
    /// Compares the kernels of narrow layers, and the kernels of other shapes of the same widths, with the twin.
    #[inline(always)]
    fn as_last_of_two<I: Isa>(self) -> Found<T> {
        const BELOW: usize = 2;
        let Self {
            case,
            function,
            function_below,
        } = self;
        let Shape {
            rows,
            fan_in,
            fan_out,
            ..
        } = case.shape;
        let functions = [function_below, function];
        let layout = layout_of(&[BELOW, fan_in, fan_out], &functions, case.bias.is_some());
        let layer = layout.layers()[1];
        let untouched = T::from_f64(UNTOUCHED);
        let laid_out = |weights: &[T], bias: Option<&[T]>| {
            let mut all = vec![untouched; layout.parameter_count()];
            all[layer.weights()].copy_from_slice(weights);
            if let (Some(at), Some(bias)) = (layer.bias(), bias) {
                all[at].copy_from_slice(bias);
            }
            Placed::new(&all, case.offset)
        };
        // Arrays are made for larger batches.
        let array = |values: &[T]| Aligned::from_slice(&[values, &[untouched; GUARD]].concat());
        let (units, inputs) = (rows * fan_out, rows * fan_in);
        let empty = |length: usize| array(&vec![T::from_f64(f64::NAN); length]);
        let mut arrays = [
            (empty(inputs), array(&case.x), empty(inputs)),
            (empty(units), empty(units), array(&case.delta)),
        ]
        .map(|(z, activation, delta)| LayerArrays {
            z,
            activation,
            delta,
            ..LayerArrays::new(layer.fan_out, None, 0)
        });

        let mut parameters = laid_out(&case.weights, case.bias.as_deref());
        narrow::Layers::new(&layout, 1, rows, &[], &mut arrays).forward::<I>(parameters.exactly());
        let bias_before = case.before(Kernel::BiasGradient);
        let mut to = laid_out(&case.before(Kernel::WeightGradient), Some(&bias_before));
        let layers = narrow::Layers::new(&layout, 1, rows, &[], &mut arrays);
        let mut pass = match case.rate {
            None => layers.storing_gradient(parameters.exactly(), to.exactly()),
            Some(rate) => layers.updating(to.exactly(), rate, false),
        };
        pass.backward::<I>();

        let found = to.into_result();
        assert!(
            found[..layer.weights().start].iter().all(|&v| v == untouched),
            "the layer below was changed"
        );
        let [below, here] = arrays;
        let within = |array: &Aligned<T>, length: usize| {
            assert!(
                array[length..].iter().all(|&v| v == untouched),
                "written beyond the rows of a batch"
            );
            array[..length].to_vec()
        };
        assert!(
            within(&below.activation, inputs)
                .iter()
                .zip(&case.x)
                .all(|(a, x)| a.to_f64().to_bits() == x.to_f64().to_bits())
        );
        Found {
            z: within(&here.z, units),
            activation: within(&here.activation, units),
            weights: found[layer.weights()].to_vec(),
            bias: layer.bias().map(|at| found[at].to_vec()),
            delta_below: within(&below.delta, inputs),
        }
    }

    #[inline(always)]
    fn by_other_kernels<I: Isa>(self) -> Found<T> {
        let Self {
            case,
            function,
            function_below,
        } = self;
        let (shape, offset) = (case.shape, case.offset);
        let placed = |values: &[T]| Placed::new(values, offset);
        let (mut x, mut weights, mut delta) = (placed(&case.x), placed(&case.weights), placed(&case.delta));
        let (x, weights, delta) = (&*x.exactly(), &*weights.exactly(), &*delta.exactly());
        let mut bias = case.bias.as_ref().map(|bias| placed(bias));
        let bias = bias.as_mut().map(|bias| &*bias.exactly());

        let (units, inputs) = (shape.rows * shape.fan_out, shape.rows * shape.fan_in);
        let (mut z, mut activation) = (Placed::empty(units, offset), Placed::empty(units, offset));
        let mut to_weights = placed(&case.before(Kernel::WeightGradient));
        let mut to_bias = case
            .bias
            .is_some()
            .then(|| placed(&case.before(Kernel::BiasGradient)));
        let mut delta_below = Placed::empty(inputs, offset);
        let step = case.rate.map(|rate| -rate);
        let weights_to = Destination {
            numbers: to_weights.exactly(),
            step,
        };
        let bias_to = to_bias.as_mut().map(|bias| Destination {
            numbers: bias.exactly(),
            step,
        });
        let scratch = &mut Scratch::default();
        let input = Input::Dense(x);
        let from = (input, Origin::LayerBelow);
        affine::<I, T>(shape, from, weights, bias, z.exactly(), scratch);
        function.apply_on::<I, T>(z.exactly(), activation.exactly(), shape.fan_out);
        weight_gradient::<I, T>(shape, input, scratch, delta, weights_to);
        if let Some(bias) = bias_to {
            bias_gradient::<I, T>(shape, delta, bias);
        }
        input_delta::<I, T>(shape, delta, weights, delta_below.exactly(), scratch);
        function_below.backpropagate_on::<I, T>(&[], x, delta_below.exactly(), shape.fan_in);
        Found {
            z: z.into_result(),
            activation: activation.into_result(),
            weights: to_weights.into_result(),
            bias: to_bias.map(Placed::into_result),
            delta_below: delta_below.into_result(),
        }
    }
}

/// Checks f(z) of every row, for the z that was found.
fn assert_is_activation<T: Scalar>(found: &Found<T>, function: Activation, width: usize, about: &str) {
    let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
    let (z, activation) = (wide(&found.z), wide(&found.activation));
    for (z, activation) in z.chunks_exact(width).zip(activation.chunks_exact(width)) {
        let largest = z
            .iter()
            .filter(|z| z.is_finite())
            .fold(0.0, |most, z| z.abs().max(most));
        // The same units as in the test of the activations alone.
        let units = match function {
            Activation::Softmax => 8.0 + width as f64 + 2.0 * largest,
            _ => 8.0,
        };
        for (&found, expected) in activation.iter().zip(activation_twin(function, z)) {
            let bound = units * epsilon::<T>() * expected.abs() + T::MIN_POSITIVE.to_f64();
            assert!(
                agree(found, expected, bound),
                "{about}: f of {z:?} is {found:e}, its twin {expected:e}"
            );
        }
    }
}

/// Checks that δ of the layer below is `through`, which comes from the weights, times f′.
fn assert_is_delta_below<T: Scalar>(layer: Layer<'_, T>, through: &[Sum], found: &[T], about: &str) {
    for (at, (found, sum)) in found.iter().zip(through).enumerate() {
        let a = layer.case.x[at].to_f64();
        // A number too small for the precision is 0 there, and 0·∞ differs from a small number times ∞.
        let upstream = T::from_f64(sum.value).to_f64();
        let through_derivative = |derivative: f64| {
            // The derivative itself is rounded: 1 − a, 1 − a², a(1 − a), of numbers around 1.
            let rounding = 8.0 * epsilon::<T>() * (1.0 + a * a) * sum.magnitude;
            (
                upstream * derivative,
                tolerance::<T>(sum) * (derivative.abs() + 1.0) + rounding,
            )
        };
        let (expected, bound) = match layer.function_below {
            Activation::Relu if a > 0.0 => (upstream, tolerance::<T>(sum)),
            // For any value from the weights, a NaN included.
            Activation::Relu => (0.0, 0.0),
            Activation::Sigmoid => through_derivative(a * (1.0 - a)),
            Activation::Tanh => through_derivative(1.0 - a * a),
            _ => (upstream, tolerance::<T>(sum)),
        };
        assert!(
            agree(found.to_f64(), expected, bound),
            "{about}: δ below, number {at}, is {found:e}, its twin {expected:e} ± {bound:e}",
            found = found.to_f64(),
        );
    }
}

fn check_layer<T: Scalar>(layer: Layer<'_, T>) {
    let case = layer.case;
    let (z, weights) = (twin(Kernel::Affine, case), twin(Kernel::WeightGradient, case));
    let (bias, through) = (twin(Kernel::BiasGradient, case), twin(Kernel::InputDelta, case));
    for (on, found) in on_every_isa(layer) {
        let about = format!("{:?} in {:?} on {on}", case.shape, T::PRECISION);
        assert_is_twin(&found.z, &z, Kernel::Affine, case, on);
        assert_is_activation(&found, layer.function, case.shape.fan_out, &about);
        assert_is_twin(&found.weights, &weights, Kernel::WeightGradient, case, on);
        assert_eq!(found.bias.is_some(), case.bias.is_some());
        if let Some(found) = &found.bias {
            assert_is_twin(found, &bias, Kernel::BiasGradient, case, on);
        }
        assert_is_delta_below(layer, &through, &found.delta_below, &about);
    }
}

/// Activations of the layer below, among them those where a derivative is 0.
fn activations_below<T: Scalar>(count: usize, kind: Numbers, generator: &mut RandomState) -> Vec<T> {
    let mut below: Vec<T> = numbers(count, kind, generator);
    for value in &mut below {
        if generator.random_sample() < 0.1 {
            *value = T::from_f64([0.0, -0.0, 1.0, -1.0][(generator.random_sample() * 4.0) as usize]);
        }
    }
    below
}

/// The activations that are applied in registers, and one each of those that are applied afterwards: to whole rows, and
/// number by number.
const FUNCTIONS: [Activation; 6] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::Softmax,
    Activation::Silu,
];

/// Every supported width as the number of units, and as the number of a single unit's inputs, with these numbers of
/// rows.
fn every_supported_width<T: Scalar>(rows: &[usize], is_narrow: bool, kind: Numbers) {
    let mut seed = 0u32;
    for width in SUPPORTED {
        let mut shapes = vec![(width, 1)];
        if width > 1 {
            shapes.extend([1, 2, 3, 8, 13].map(|fan_in| (fan_in, width)));
        }
        for (fan_in, fan_out) in shapes {
            for &rows in rows {
                for function in FUNCTIONS {
                    for (has_bias, steps) in [(true, false), (true, true), (false, false), (false, true)] {
                        seed += 1;
                        // The parity of the set bits of a number correlates with no loop.
                        let offset = seed.count_ones() as usize % 2;
                        let mut case = Case::<T>::new((rows, fan_in, fan_out), kind, seed).at_offset(offset);
                        if !has_bias {
                            case = case.without_bias();
                        }
                        if steps {
                            case = case.stepping(RATE);
                        }
                        let generator = &mut RandomState::new(seed + 1_000_000);
                        case.x = activations_below(rows * fan_in, kind, generator);
                        let found = narrow::supports_rows(rows) && narrow::supports_shape(fan_in, fan_out);
                        assert_eq!(found, is_narrow, "{:?}", case.shape);
                        check_layer(Layer {
                            case: &case,
                            function,
                            function_below: if function.is_applied_in_registers() {
                                function
                            } else {
                                Activation::Identity
                            },
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn narrow_layers_in_double_precision() {
    every_supported_width::<f64>(&[1, 4], true, Numbers::Ordinary);
}

#[test]
fn narrow_layers_in_single_precision() {
    every_supported_width::<f32>(&[1, 4], true, Numbers::Ordinary);
}

#[test]
fn nan_infinities_and_denormals_in_narrow_layers_agree_with_the_definition() {
    every_supported_width::<f64>(&[1, 4], true, Numbers::Special);
    every_supported_width::<f32>(&[1, 4], true, Numbers::Special);
}

#[test]
fn other_numbers_of_rows_select_other_kernels_with_the_same_results() {
    for kind in [Numbers::Ordinary, Numbers::Special] {
        every_supported_width::<f64>(&[2, 3, 5], false, kind);
        every_supported_width::<f32>(&[2, 3, 5], false, kind);
    }
}

#[test]
fn other_widths_select_other_kernels() {
    for width in 1..70 {
        assert_eq!(
            narrow::supports_shape(width, 1),
            SUPPORTED.contains(&width),
            "one unit, {width} inputs"
        );
        if width > 1 {
            assert_eq!(
                narrow::supports_shape(33, width),
                SUPPORTED.contains(&width),
                "{width} units"
            );
        }
    }
    for (sizes, first) in [
        (&[784, 16, 10][..], 0),
        (&[784, 17, 10], 1),
        (&[784, 16, 11, 4], 2),
        (&[20, 64, 32, 1], 3),
        (&[17, 1], 1),
        (&[16, 1], 0),
    ] {
        let functions = vec![Activation::Tanh; sizes.len() - 1];
        let layout = layout_of(sizes, &functions, true);
        assert_eq!(narrow::first_narrow_layer(&layout), first, "{sizes:?}");
    }
}

/// A NaN reaches every result that it is a term of, and no other result.
#[test]
fn a_nan_reaches_its_results_and_no_others() {
    for width in SUPPORTED {
        for (fan_in, fan_out) in [(5, width), (width, 1)] {
            for at in 0..fan_in * fan_out {
                let mut case = Case::<f32>::new((4, fan_in, fan_out), Numbers::Ordinary, at as u32);
                case.weights[at] = f32::NAN;
                let row = at % (4 * fan_out);
                case.delta[row] = f32::NAN;
                let function = Activation::Identity;
                let layer = Layer {
                    case: &case,
                    function,
                    function_below: function,
                };
                check_layer(layer);
                let found = best(layer);
                let z_of_nan = found.z.iter().filter(|z| z.is_nan()).count();
                assert_eq!(z_of_nan, 4, "one unit of each row");
                let of_nan = found.weights.iter().filter(|w| w.is_nan()).count();
                assert_eq!(of_nan, fan_in, "the weights of one unit");
            }
        }
    }
}
