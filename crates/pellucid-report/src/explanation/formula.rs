//! Formulas in the subset of LaTeX that they need, written out as LaTeX, MathML or a line of text.

use crate::svg::escape;

/// A formula in LaTeX: letters, digits and operators, `^`, `_`, `{…}`, `\frac`, `\sqrt`, `\hat`, `\text`, `\mathrm` and the names
/// in [`SYMBOLS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Formula(String);

impl<S: Into<String>> From<S> for Formula {
    fn from(latex: S) -> Self {
        Self(latex.into())
    }
}

/// Names in LaTeX and the characters they stand for, by kind.
const SYMBOLS: [(Kind, &str); 6] = [
    (
        Kind::Letter,
        "partial ∂ delta δ Delta Δ eta η theta θ lambda λ mu μ rho ρ tau τ beta β gamma γ sigma σ varepsilon ε Phi Φ varphi φ \
         infty ∞ top ⊤ prime ′ ldots …",
    ),
    (Kind::Large, "sum Σ"),
    (Kind::Operator, "cdot · { { } }"),
    (Kind::Spaced, "times × odot ⊙ leftarrow ← approx ≈ le ≤ ge ≥"),
    (Kind::Name, "ln ln tanh tanh cosh cosh max max min min"),
    (Kind::Space, "quad _ , _"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Letter,
    Operator,
    /// An operator with space on both sides.
    Spaced,
    /// An operator with limits.
    Large,
    Name,
    Text,
    Space,
}

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Atom(Kind, String),
    /// An element of MathML by name, and its parts: `mrow`, `mfrac`, `msqrt`, `mover`, `msub`, `msup` or `msubsup`.
    Element(&'static str, Vec<Node>),
}

impl Formula {
    pub(crate) fn latex(&self) -> &str {
        &self.0
    }

    /// As MathML, which browsers typeset.
    pub(crate) fn mathml(&self, block: bool) -> String {
        let mut out = String::from(match block {
            true => "<math display=\"block\">",
            false => "<math>",
        });
        mathml(&self.parsed(), &mut out);
        out.push_str("</math>");
        out
    }

    /// As a line of text.
    pub(crate) fn text(&self) -> String {
        text(&self.parsed()).trim().replace("  ", " ")
    }

    fn parsed(&self) -> Node {
        let characters: Vec<char> = self.0.chars().collect();
        let mut at = 0;
        Node::Element("mrow", row(&characters, &mut at))
    }
}

impl Node {
    fn is(&self, kind: Kind, text: &str) -> bool {
        matches!(self, Node::Atom(of, found) if *of == kind && found == text)
    }

    fn is_any(&self, kinds: &[Kind]) -> bool {
        matches!(self, Node::Atom(of, _) if kinds.contains(of))
    }
}

/// The nodes up to the end, or to the closing brace.
fn row(of: &[char], at: &mut usize) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    while let Some(&next) = of.get(*at) {
        match next {
            '}' => break,
            '^' | '_' => {
                *at += 1;
                let script = part(of, at);
                let base = nodes.pop().unwrap_or(Node::Atom(Kind::Space, String::new()));
                nodes.push(match (base, next) {
                    (Node::Element("msub", mut parts), '^') => {
                        parts.push(script);
                        Node::Element("msubsup", parts)
                    }
                    (Node::Element("msup", mut parts), '_') => {
                        parts.insert(1, script);
                        Node::Element("msubsup", parts)
                    }
                    (base, '^') => Node::Element("msup", vec![base, script]),
                    (base, _) => Node::Element("msub", vec![base, script]),
                });
            }
            c if c.is_whitespace() => *at += 1,
            _ => nodes.push(part(of, at)),
        }
    }
    nodes
}

/// One node: a group in braces, a name, a number or a character.
fn part(of: &[char], at: &mut usize) -> Node {
    let Some(&next) = of.get(*at) else {
        return Node::Atom(Kind::Space, String::new());
    };
    *at += 1;
    let kind = match next {
        '{' => {
            let nodes = row(of, at);
            *at += 1;
            return Node::Element("mrow", nodes);
        }
        '\\' => return named(of, at),
        c if c.is_ascii_digit() => {
            let start = *at - 1;
            while of.get(*at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                *at += 1;
            }
            return Node::Atom(Kind::Number, of[start..*at].iter().collect());
        }
        '+' | '=' | '<' | '>' => Kind::Spaced,
        c if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Operator,
    };
    let character = match next {
        '-' => '−',
        '\'' => '′',
        c => c,
    };
    Node::Atom(kind, character.into())
}

fn named(of: &[char], at: &mut usize) -> Node {
    let start = *at;
    while of.get(*at).is_some_and(char::is_ascii_alphabetic) {
        *at += 1;
    }
    if *at == start {
        *at += 1; // a sign, as in `\,` and `\{`
    }
    let name: String = of[start..(*at).min(of.len())].iter().collect();
    let mut next = || part(of, at);
    match name.as_str() {
        "frac" => Node::Element("mfrac", vec![next(), next()]),
        "sqrt" => Node::Element("msqrt", vec![next()]),
        "hat" => Node::Element("mover", vec![next(), Node::Atom(Kind::Operator, "^".into())]),
        "left" | "right" => next(),
        "text" | "mathrm" => {
            let length = of[*at..].iter().position(|&c| c == '}');
            let end = length.map_or(of.len(), |length| *at + length);
            let text = of[(*at + 1).min(end)..end].iter().collect();
            *at = end + 1;
            Node::Atom(Kind::Text, text)
        }
        _ => {
            let known = SYMBOLS.iter().find_map(|(kind, pairs)| {
                let mut words = pairs.split(' ');
                words.find(|word| *word == name)?;
                Some((*kind, words.next()?))
            });
            let (kind, text) = known.unwrap_or((Kind::Text, &name));
            Node::Atom(kind, text.into())
        }
    }
}

fn mathml(node: &Node, out: &mut String) {
    match node {
        Node::Atom(kind, text) => {
            let text = escape(text);
            out.push_str(&match kind {
                Kind::Number => format!("<mn>{text}</mn>"),
                Kind::Letter => format!("<mi>{text}</mi>"),
                Kind::Name => format!("<mi>{text}</mi><mspace width=\"0.17em\"></mspace>"),
                Kind::Operator if ["(", ")", "|", "{", "}"].contains(&text.as_str()) => {
                    format!("<mo stretchy=\"false\">{text}</mo>")
                }
                Kind::Operator | Kind::Spaced => format!("<mo>{text}</mo>"),
                Kind::Large => format!("<mo>{}</mo>", text.replace('Σ', "∑")),
                // Spaces at the ends would be dropped.
                Kind::Text => format!("<mtext>{}</mtext>", text.replace(' ', "\u{a0}")),
                Kind::Space => "<mspace width=\"1em\"></mspace>".into(),
            });
        }
        Node::Element(name, parts) => {
            let accent = if *name == "mover" { " accent=\"true\"" } else { "" };
            out.push_str(&format!("<{name}{accent}>"));
            for (index, part) in parts.iter().enumerate() {
                match *name == "mrow" && part.is(Kind::Operator, "−") && !is_binary(parts, index) {
                    true => out.push_str("<mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo>"),
                    false => mathml(part, out),
                }
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}

/// Whether a minus stands between two numbers, and not before one.
fn is_binary(nodes: &[Node], index: usize) -> bool {
    index.checked_sub(1).is_some_and(|before| {
        let before = &nodes[before];
        let opens = ["(", "·", ","].iter().any(|sign| before.is(Kind::Operator, sign));
        !opens && !before.is_any(&[Kind::Spaced, Kind::Large, Kind::Space])
    })
}

fn text(node: &Node) -> String {
    match node {
        Node::Atom(Kind::Operator, comma) if comma == "," => ", ".into(),
        Node::Atom(Kind::Name, name) => format!("{name} "),
        Node::Atom(Kind::Spaced, operator) => format!(" {operator} "),
        Node::Atom(Kind::Space, _) => "  ".into(),
        Node::Atom(_, text) => text.clone(),
        Node::Element("mrow", nodes) => {
            let mut all = String::new();
            for (index, node) in nodes.iter().enumerate() {
                // `ln (a)`, `ln a`, but `tanh(z)`.
                let follows_name = index > 0 && nodes[index - 1].is_any(&[Kind::Name]);
                if node.is(Kind::Operator, "(") && follows_name && all.ends_with(' ') {
                    all.pop();
                }
                match node.is(Kind::Operator, "−") && is_binary(nodes, index) {
                    true => all.push_str(" − "),
                    false => all.push_str(&text(node)),
                }
            }
            all
        }
        Node::Element("mfrac", parts) => match (text(&parts[0]).as_str(), text(&parts[1]).as_str()) {
            ("1", "2") => "½".into(),
            _ => format!("{}/{}", grouped(&parts[0]), grouped(&parts[1])),
        },
        Node::Element("msqrt", parts) => format!("√{}", grouped(&parts[0])),
        Node::Element("mover", parts) => format!("{}\u{302}", text(&parts[0])),
        Node::Element(name, parts) => {
            let mut all = text(&parts[0]).trim_end().to_string();
            let (below, above) = ((SUBSCRIPTS, '_'), (SUPERSCRIPTS, '^'));
            let scripts = if *name == "msup" {
                [above, above]
            } else {
                [below, above]
            };
            for (node, (characters, mark)) in parts[1..].iter().zip(scripts) {
                all.push_str(&script(&text(node), characters, mark));
            }
            if parts[0].is_any(&[Kind::Large]) {
                all.push(' ');
            }
            all
        }
    }
}

/// In parentheses where it is a sum or a product.
fn grouped(node: &Node) -> String {
    let inside = text(node);
    let inside = inside.trim();
    match inside.contains([' ', '·', '/']) {
        true => format!("({inside})"),
        false => inside.into(),
    }
}

/// Characters, and the same raised.
const SUPERSCRIPTS: (&str, &str) = ("0123456789+−()⊤zt ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀᶻᵗ ");
/// Characters, and the same lowered.
const SUBSCRIPTS: (&str, &str) = ("0123456789+−()ijknth,", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ᵢⱼₖₙₜₕ,");

fn script(of: &str, (plain, moved): (&str, &str), mark: char) -> String {
    let character = |c| {
        let mut pairs = plain.chars().zip(moved.chars());
        Some(pairs.find(|(known, _)| *known == c)?.1)
    };
    let is_number = of.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '−');
    match of.chars().map(character).collect::<Option<String>>() {
        Some(moved) => moved,
        None if is_number || of.chars().count() == 1 => format!("{mark}{of}"),
        None => format!("{mark}({of})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_text(latex: &str) -> String {
        Formula::from(latex).text()
    }

    #[test]
    fn a_formula_is_a_line_of_text() {
        for (latex, expected) in [
            (r"z^{(1)} = x W^{(1)} + b^{(1)}", "z⁽¹⁾ = xW⁽¹⁾ + b⁽¹⁾"),
            (r"\frac{\partial L}{\partial W^{(2)}}", "∂L/∂W⁽²⁾"),
            (r"\frac{1}{1 + e^{-z}}", "1/(1 + e⁻ᶻ)"),
            (r"a \cdot (1 - a)", "a·(1 − a)"),
            (r"0 \cdot (-0.424) + 1 \cdot 0.358", "0·(−0.424) + 1·0.358"),
            (r"\sum_{k} e^{z_k}", "Σₖ e^(zₖ)"),
            (r"\tanh(z)", "tanh(z)"),
            (r"\max(0, z)", "max(0, z)"),
            (r"e^{-0.5} - e^{2} \cdot (-3)", "e^−0.5 − e²·(−3)"),
            (r"\sqrt{\hat{v}} + \varepsilon", "√v\u{302} + ε"),
            (
                r"W \leftarrow W - \eta \frac{\partial L}{\partial W}",
                "W ← W − η∂L/∂W",
            ),
        ] {
            assert_eq!(as_text(latex), expected, "{latex}");
        }
    }

    #[test]
    fn mathml_is_well_formed() {
        for latex in [
            r"z^{(1)}_{2} = \sum_{i} x_i W^{(1)}_{i,2} < \hat{v}",
            r"\frac{\partial L}{\partial a} \odot f'(z) \text{ if a > b}",
            r"\sqrt{x^2} \left( 1 \right)",
        ] {
            let mathml = Formula::from(latex).mathml(true);
            let read =
                roxmltree::Document::parse(&mathml).unwrap_or_else(|error| panic!("{mathml}: {error}"));
            assert_eq!(read.root_element().tag_name().name(), "math");
        }
    }
}
