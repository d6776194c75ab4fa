//! Measures the kernels with micro-benchmarks of the public functions.
//!
//!     cargo bench -p pellucid                     all of them
//!     cargo bench -p pellucid -- first_layer      those whose path contains this
//!
//! `item/s` are multiply-adds per second for layers (zero pixels included), and numbers per second for the rest. Everything
//! runs on one thread.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use pellucid::model::pass::Update;
use pellucid::numpy_random::RandomState;
use pellucid::optimization::optimizer::OptimizerState;
use pellucid::{
    Activation, Architecture, Input, Loss, Objective, Optimizer, Reduction, Scalar, Target, Workspace,
    backward, forward,
};
use std::fmt;

fn main() {
    divan::main();
}

/// A layer and a batch for it.
#[derive(Debug, Clone, Copy)]
struct Shape {
    fan_in: usize,
    fan_out: usize,
    rows: usize,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} batch {}", self.fan_in, self.fan_out, self.rows)
    }
}

const fn shape(fan_in: usize, fan_out: usize, rows: usize) -> Shape {
    Shape {
        fan_in,
        fan_out,
        rows,
    }
}

/// First layers with dense inputs in the workloads of bench/README.md.
const DENSE: [Shape; 7] = [
    shape(10, 10, 1),
    shape(2, 3, 4),
    shape(20, 64, 32),
    shape(784, 128, 1),
    shape(784, 128, 32),
    shape(784, 128, 256),
    shape(784, 1024, 256),
];
/// First layers with the pixels of digits as inputs.
const BYTES: [Shape; 4] = [
    shape(784, 16, 1),
    shape(784, 128, 1),
    shape(784, 128, 32),
    shape(784, 1024, 256),
];
/// Layers above another layer.
const INNER: [Shape; 8] = [
    shape(10, 1, 1),
    shape(3, 1, 4),
    shape(16, 10, 1),
    shape(64, 32, 32),
    shape(32, 1, 32),
    shape(128, 10, 32),
    shape(128, 10, 256),
    shape(1024, 1024, 256),
];

const OBJECTIVE: Objective = Objective {
    loss: Loss::HalfSquaredError,
    reduction: Reduction::Mean,
    update: Update::Textbook,
};

fn uniform<T: Scalar>(count: usize) -> Vec<T> {
    let mut generator = RandomState::new(count as u32);
    (0..count)
        .map(|_| T::from_f64(generator.uniform(-1.0, 1.0)))
        .collect()
}

/// Random bytes, 19.1% of them not zero, as in MNIST.
fn digits(shape: Shape) -> Vec<u8> {
    let mut generator = RandomState::new(0);
    (0..shape.rows * shape.fan_in)
        .map(|_| {
            let is_set = generator.uniform(0.0, 1.0) < 0.191;
            if is_set {
                generator.uniform(1.0, 256.0) as u8
            } else {
                0
            }
        })
        .collect()
}

/// A network and one batch for it.
struct Work<T> {
    architecture: Architecture,
    parameters: Vec<T>,
    dense: Vec<T>,
    bytes: Vec<u8>,
    values: [T; 256],
    targets: Vec<T>,
    workspace: Workspace<T>,
}

impl<T: Scalar> Work<T> {
    fn new(sizes: &[usize], shape: Shape) -> Self {
        let activations = vec![Activation::Identity; sizes.len() - 1];
        let architecture = Architecture::new(sizes, &activations, true).expect("a network of this shape");
        Self {
            parameters: uniform(architecture.parameter_count()),
            dense: uniform(shape.rows * sizes[0]),
            bytes: digits(shape),
            values: std::array::from_fn(|byte| T::from_f64(byte as f64 / 255.0)),
            targets: uniform(shape.rows * shape.fan_out),
            workspace: Workspace::new(&architecture, shape.rows),
            architecture,
        }
    }

    /// A network of one layer.
    fn first(shape: Shape) -> Self {
        Self::new(&[shape.fan_in, shape.fan_out], shape)
    }

    /// A layer above another one with a single input, whose own work is negligible.
    fn inner(shape: Shape) -> Self {
        Self::new(&[1, shape.fan_in, shape.fan_out], shape)
    }

    fn bench_forward(mut self, bencher: Bencher<'_, '_>, shape: Shape, is_bytes: bool) {
        bencher
            .counter(ItemsCount::new(shape.rows * shape.fan_in * shape.fan_out))
            .bench_local(|| {
                let (bytes, values) = (&self.bytes[..], &self.values);
                let input = if is_bytes {
                    Input::Bytes { bytes, values }
                } else {
                    Input::Dense(&self.dense)
                };
                forward(
                    &self.architecture,
                    black_box(&self.parameters),
                    input,
                    &mut self.workspace,
                );
                black_box(self.workspace.outputs().first().copied())
            });
    }

    fn bench_backward(mut self, bencher: Bencher<'_, '_>, shape: Shape, products: usize, is_bytes: bool) {
        let mut gradient = self.parameters.clone();
        let (bytes, values) = (&self.bytes[..], &self.values);
        let input = if is_bytes {
            Input::Bytes { bytes, values }
        } else {
            Input::Dense(&self.dense)
        };
        forward(&self.architecture, &self.parameters, input, &mut self.workspace);
        bencher
            .counter(ItemsCount::new(
                products * shape.rows * shape.fan_in * shape.fan_out,
            ))
            .bench_local(|| {
                let target = Target::Gradient {
                    parameters: black_box(&self.parameters),
                    gradient: &mut gradient,
                };
                backward(
                    &self.architecture,
                    target,
                    input,
                    &self.targets,
                    OBJECTIVE,
                    &mut self.workspace,
                );
                black_box(gradient[0])
            });
    }
}

/// z = x·W + b; and ∂L/∂W, ∂L/∂b.
mod first_layer {
    use super::*;

    #[divan::bench(types = [f32, f64], args = DENSE)]
    fn forward_dense<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::first(shape).bench_forward(bencher, shape, false);
    }

    #[divan::bench(types = [f32, f64], args = BYTES)]
    fn forward_bytes<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::first(shape).bench_forward(bencher, shape, true);
    }

    #[divan::bench(types = [f32, f64], args = DENSE)]
    fn backward_dense<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::first(shape).bench_backward(bencher, shape, 1, false);
    }

    #[divan::bench(types = [f32, f64], args = BYTES)]
    fn backward_bytes<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::first(shape).bench_backward(bencher, shape, 1, true);
    }
}

/// z = x·W + b; and ∂L/∂W, ∂L/∂b, ∂L/∂x.
mod inner_layer {
    use super::*;

    #[divan::bench(types = [f32, f64], args = INNER)]
    fn forward<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::inner(shape).bench_forward(bencher, shape, false);
    }

    #[divan::bench(types = [f32, f64], args = INNER)]
    fn backward<T: Scalar>(bencher: Bencher<'_, '_>, shape: Shape) {
        Work::<T>::inner(shape).bench_backward(bencher, shape, 2, false);
    }
}

/// a = f(z) and back, for 32 rows of 128 units.
mod activation {
    use super::*;

    const WIDTH: usize = 128;
    const COUNT: usize = 32 * WIDTH;

    #[divan::bench(types = [f32, f64], args = Activation::ALL)]
    fn apply<T: Scalar>(bencher: Bencher<'_, '_>, function: Activation) {
        let z: Vec<T> = uniform(COUNT);
        let mut a = z.clone();
        bencher
            .counter(ItemsCount::new(COUNT))
            .bench_local(|| function.apply(black_box(&z), black_box(&mut a), WIDTH));
    }

    #[divan::bench(types = [f32, f64], args = Activation::ALL)]
    fn backpropagate<T: Scalar>(bencher: Bencher<'_, '_>, function: Activation) {
        let z: Vec<T> = uniform(COUNT);
        let mut a = z.clone();
        function.apply(&z, &mut a, WIDTH);
        let upstream: Vec<T> = uniform(COUNT);
        let mut delta = upstream.clone();
        bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
            // Created again for each iteration: δ shrinks with each application until it is denormal.
            delta.copy_from_slice(&upstream);
            function.backpropagate(black_box(&z), &a, black_box(&mut delta), WIDTH);
        });
    }
}

/// A step of all parameters of 784-128-10.
mod optimizer {
    use super::*;

    const PARAMETERS: usize = 784 * 128 + 128 * 10 + 128 + 10;

    #[divan::bench(types = [f32, f64], args = [Optimizer::SGD, Optimizer::ADAM])]
    fn step<T: Scalar>(bencher: Bencher<'_, '_>, rule: Optimizer) {
        let mut parameters: Vec<T> = uniform(PARAMETERS);
        let gradient: Vec<T> = uniform(PARAMETERS);
        let mut state = OptimizerState::new(rule, PARAMETERS);
        let rate = T::from_f64(1e-3);
        bencher
            .counter(ItemsCount::new(PARAMETERS))
            .bench_local(|| state.step(black_box(&mut parameters), black_box(&gradient), rate));
    }
}
