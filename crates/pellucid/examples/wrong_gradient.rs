//! Shows how the gradient check finds the mistakes in a notebook's gradient.
//!
//! The notebook's gradient is wrong, and its weights go to minus infinity. Its training loop does not show that: the error
//! it prints is 1.0 from beginning to end. The gradient check shows it before the first step.
//!
//! `cargo run --release -p pellucid --example wrong_gradient`
#![allow(clippy::print_stdout, reason = "an example prints its results")]

#[path = "wrong_gradient/notebook.rs"]
mod notebook;

use notebook::{
    Iteration, Start, check, climb, descend, named, right_gradient, wrong_gradient, wrong_hidden_gradients,
};
use pellucid::model::pass::{Objective, Update};
use pellucid::{GradientReport, Input, Loss, Reduction, check_network};

fn main() -> pellucid::Result<()> {
    let start = Start::new()?;
    let standardised = notebook::standardised_data()?;

    println!("1. The perceptron, 3 inputs and 1 sigmoid, by the notebook's rule\n");
    println!("   delta = z (1 - z) * error,   W <- W + 0.5 * (inputs transposed) delta\n");
    print_all(&climb(&start.perceptron, wrong_gradient));
    println!("\n   All four outputs end at 0, and the error never changes.\n");

    println!("2. The gradient check: that rule against the loss E = sum (a - y)^2 / n\n");
    println!("   At the notebook's first weights, on its data (entry k is W[k]):");
    print_report(&check(&start.perceptron, &notebook::DATA, wrong_gradient));
    println!(
        "   The true gradient is 0 to the last digit there: with inputs of 500 every sigmoid is saturated."
    );
    println!("   With each column scaled to mean 0 and standard deviation 1 the gradient is not 0:");
    print_report(&check(&start.perceptron, &standardised, wrong_gradient));
    println!("   Given the network as well, the check names two of the mistakes:");
    println!(
        "\n   {}\n",
        named(&start.perceptron, &standardised, wrong_gradient)
            .to_string()
            .replace('\n', "\n   ")
    );
    println!(
        "   Four things are wrong with it. The sigmoid's derivative is a (1 - a), of the output, not z (1 - z). It must\n   \
         be multiplied by each row's own difference a - y, not by one error for all rows. That error compares each\n   \
         output with every label instead of its own. And a step goes down the gradient, W - rate * gradient, not up.\n"
    );

    println!(
        "3. The right rule, delta = 2/n (a - y) a (1 - a), at the same weights and standardised columns:"
    );
    print_report(&check(&start.perceptron, &standardised, right_gradient));
    let objective = Objective {
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        update: Update::Textbook,
    };
    println!("   And the library's own backward pass, which computes the same gradient:");
    print_report(&check_network(
        &start.perceptron,
        Input::Dense(&standardised),
        &notebook::LABELS,
        objective,
    ));
    println!("   Gradient descent with that gradient, on the standardised columns:\n");
    print_some(&descend(&start.perceptron, &standardised, 1000));

    println!("\n4. The notebook's second part: a hidden layer of 4 sigmoids, by the same kind of rule\n");
    print_all(&climb(&start.with_hidden_layer, wrong_hidden_gradients));
    println!(
        "\n   After one step every hidden unit is 0 for every row: no weight changes any more, and the outputs stay at\n   \
         sigmoid(0) = 0.5. The check, at the first weights, on the standardised columns (entries 0 to 11 are W, row\n   \
         after row, entries 12 to 15 are V):"
    );
    print_report(&check(
        &start.with_hidden_layer,
        &standardised,
        wrong_hidden_gradients,
    ));
    println!("   The library's backward pass on the same network:");
    print_report(&check_network(
        &start.with_hidden_layer,
        Input::Dense(&standardised),
        &notebook::LABELS,
        objective,
    ));
    Ok(())
}

fn print_report(report: &GradientReport) {
    println!("\n   {}", report.to_string().replace('\n', "\n   "));
    if !report.is_right() {
        println!(
            "   The largest difference between the two is {:.2} times the larger of them.",
            report.worst()
        );
    }
    println!();
}

/// Prints each iteration on a line, with the first three weights.
fn print_all(iterations: &[Iteration]) {
    println!(
        "   iteration    error {:>16} {:>16} {:>16}",
        "W[0]", "W[1]", "W[2]"
    );
    for (number, iteration) in iterations.iter().enumerate() {
        print!("   {number:>9} {:>8.4}", iteration.error);
        iteration
            .weights
            .iter()
            .take(3)
            .for_each(|weight| print!(" {weight:>16.8e}"));
        println!("{}", if iteration.weights.len() > 3 { " ..." } else { "" });
    }
}

fn print_some(iterations: &[Iteration]) {
    println!(
        "   iteration    error {:>16} {:>16} {:>16}",
        "W[0]", "W[1]", "W[2]"
    );
    for (number, iteration) in iterations.iter().enumerate() {
        if number % 200 == 0 || number + 1 == iterations.len() {
            let [a, b, c] = [0, 1, 2].map(|k| iteration.weights[k]);
            println!(
                "   {number:>9} {:>8.6} {a:>16.8} {b:>16.8} {c:>16.8}",
                iteration.error
            );
        }
    }
}
