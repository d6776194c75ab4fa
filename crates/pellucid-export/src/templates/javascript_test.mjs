// Compares @FILE@ with predictions of the model that it was exported from. The exit status is 0 if no answer deviates by more
// than @TOLERANCE@.

import * as model from "./@FILE@";

const golden = JSON.parse(@GOLDEN@);

// null stands for NaN.
function deviation(found, expected) {
    if (expected === null || Number.isNaN(found)) {
        return expected === null && Number.isNaN(found) ? 0 : Infinity;
    }
    return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
}

let largest = 0;
let differ = 0;
golden.expected.forEach((expected, at) => {
    const cells = [...golden.numbers[at], ...golden.words[at]];
    const columns = [...golden.number_columns, ...golden.word_columns];
    const row = golden.features ? cells : Object.fromEntries(columns.map((name, place) => [name, cells[place]]));
    const answer = model.predict(row);
    const numbers = answer.probabilities ?? answer.prediction;
    expected.forEach((number, place) => {
        largest = Math.max(largest, deviation(numbers[place], number));
    });
    const labels = answer.labels ?? [answer.label];
    golden.class_names.forEach((names, place) => {
        // A class of -2 is decided by rounding.
        const wanted = golden.classes[at][place];
        differ += wanted !== -2 && names.indexOf(labels[place]) !== wanted ? 1 : 0;
    });
});
console.log(`rows ${golden.expected.length}, largest deviation ${largest.toExponential()}, classes that differ ${differ}`);
process.exitCode = largest <= @TOLERANCE@ && differ === 0 ? 0 : 1;
