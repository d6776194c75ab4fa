//! Formulas, written once in the part of LaTeX that they need, and read as LaTeX, MathML or a line of text.

/// A formula in LaTeX: letters, digits and operators, `^`, `_`, `{…}`, `\frac`, `\sqrt`, `\text`, `\mathrm` and the names
/// in [`SYMBOLS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Formula(String);

impl<S: Into<String>> From<S> for Formula {
    fn from(latex: S) -> Self {
        Self(latex.into())
    }
}

/// A name in LaTeX, the character it stands for, and what that is.
const SYMBOLS: [(&str, &str, Kind); 37] = [
    ("partial", "∂", Kind::Letter),
    ("delta", "δ", Kind::Letter),
    ("Delta", "Δ", Kind::Letter),
    ("eta", "η", Kind::Letter),
    ("theta", "θ", Kind::Letter),
    ("lambda", "λ", Kind::Letter),
    ("mu", "μ", Kind::Letter),
    ("rho", "ρ", Kind::Letter),
    ("tau", "τ", Kind::Letter),
    ("beta", "β", Kind::Letter),
    ("gamma", "γ", Kind::Letter),
    ("sigma", "σ", Kind::Letter),
    ("varepsilon", "ε", Kind::Letter),
    ("Phi", "Φ", Kind::Letter),
    ("varphi", "φ", Kind::Letter),
    ("infty", "∞", Kind::Letter),
    ("top", "⊤", Kind::Letter),
    ("prime", "′", Kind::Letter),
    ("ldots", "…", Kind::Letter),
    ("sum", "Σ", Kind::Large),
    ("cdot", "·", Kind::Operator),
    ("times", "×", Kind::Spaced),
    ("odot", "⊙", Kind::Spaced),
    ("leftarrow", "←", Kind::Spaced),
    ("approx", "≈", Kind::Spaced),
    ("le", "≤", Kind::Spaced),
    ("ge", "≥", Kind::Spaced),
    ("ln", "ln", Kind::Name),
    ("tanh", "tanh", Kind::Name),
    ("cosh", "cosh", Kind::Name),
    ("max", "max", Kind::Name),
    ("min", "min", Kind::Name),
    ("quad", "   ", Kind::Space),
    ("hat", "\u{302}", Kind::Accent),
    ("{", "{", Kind::Operator),
    ("}", "}", Kind::Operator),
    (",", "", Kind::Space),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Operator,
    /// An operator with room on both sides.
    Spaced,
    /// One with limits.
    Large,
    Name,
    Space,
    /// Stands over what follows.
    Accent,
}

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(String),
    Letter(String),
    Operator(String),
    Spaced(String),
    Large(String),
    Name(String),
    Text(String),
    Space,
    Row(Vec<Node>),
    Fraction(Box<Node>, Box<Node>),
    Root(Box<Node>),
    Accent(Box<Node>),
    /// Base, below, above.
    Scripts(Box<Node>, Option<Box<Node>>, Option<Box<Node>>),
}

impl Formula {
    pub(crate) fn latex(&self) -> &str {
        &self.0
    }

    /// As MathML, which browsers typeset by themselves.
    pub(crate) fn mathml(&self, block: bool) -> String {
        let mut out = String::from(if block {
            "<math display=\"block\">"
        } else {
            "<math>"
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
        Node::Row(row(&characters, &mut at))
    }
}

/// Parts up to the end, or to the brace that closes.
fn row(of: &[char], at: &mut usize) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    while let Some(&next) = of.get(*at) {
        match next {
            '}' => break,
            '^' | '_' => {
                *at += 1;
                let script = Box::new(part(of, at));
                let base = nodes.pop().unwrap_or(Node::Space);
                nodes.push(match (base, next) {
                    (Node::Scripts(base, below, None), '^') => Node::Scripts(base, below, Some(script)),
                    (Node::Scripts(base, None, above), '_') => Node::Scripts(base, Some(script), above),
                    (base, '^') => Node::Scripts(Box::new(base), None, Some(script)),
                    (base, _) => Node::Scripts(Box::new(base), Some(script), None),
                });
            }
            c if c.is_whitespace() => *at += 1,
            _ => nodes.push(part(of, at)),
        }
    }
    nodes
}

/// One part: a group in braces, a name, a number or a character.
fn part(of: &[char], at: &mut usize) -> Node {
    let Some(&next) = of.get(*at) else {
        return Node::Space;
    };
    *at += 1;
    match next {
        '{' => {
            let nodes = row(of, at);
            *at += 1;
            Node::Row(nodes)
        }
        '\\' => named(of, at),
        c if c.is_ascii_digit() => {
            let mut digits = String::from(c);
            while let Some(&more) = of.get(*at)
                && (more.is_ascii_digit() || more == '.')
            {
                digits.push(more);
                *at += 1;
            }
            Node::Number(digits)
        }
        '+' | '=' | '<' | '>' => Node::Spaced(next.into()),
        '-' => Node::Operator("−".into()),
        c if c.is_alphabetic() => Node::Letter(c.into()),
        '\'' => Node::Operator("′".into()),
        c => Node::Operator(c.into()),
    }
}

fn named(of: &[char], at: &mut usize) -> Node {
    let start = *at;
    while of.get(*at).is_some_and(char::is_ascii_alphabetic) {
        *at += 1;
    }
    if *at == start {
        *at += 1; // `\,`, `\{` and their like
    }
    let name: String = of[start..(*at).min(of.len())].iter().collect();
    match name.as_str() {
        "frac" => {
            let above = part(of, at);
            Node::Fraction(Box::new(above), Box::new(part(of, at)))
        }
        "sqrt" => Node::Root(Box::new(part(of, at))),
        "text" | "mathrm" => {
            let end = of[*at..]
                .iter()
                .position(|&c| c == '}')
                .map_or(of.len(), |end| *at + end);
            let text = of[(*at + 1).min(end)..end].iter().collect();
            *at = end + 1;
            Node::Text(text)
        }
        "left" | "right" => part(of, at),
        _ => match SYMBOLS.iter().find(|(symbol, ..)| *symbol == name) {
            Some((_, _, Kind::Accent)) => Node::Accent(Box::new(part(of, at))),
            Some((_, _, Kind::Space)) => Node::Space,
            Some((_, character, kind)) => {
                let character = (*character).to_string();
                match kind {
                    Kind::Letter => Node::Letter(character),
                    Kind::Operator => Node::Operator(character),
                    Kind::Spaced => Node::Spaced(character),
                    Kind::Large => Node::Large(character),
                    _ => Node::Name(character),
                }
            }
            None => Node::Text(name),
        },
    }
}

fn mathml(node: &Node, out: &mut String) {
    let element = |name: &str, text: &str, out: &mut String| {
        out.push_str(&format!("<{name}>{}</{name}>", escaped(text)));
    };
    match node {
        Node::Number(digits) => element("mn", digits, out),
        Node::Letter(letter) => element("mi", letter, out),
        Node::Operator(operator) if ["(", ")", "|", "{", "}"].contains(&operator.as_str()) => {
            out.push_str(&format!("<mo stretchy=\"false\">{operator}</mo>"));
        }
        Node::Operator(operator) | Node::Spaced(operator) => element("mo", operator, out),
        Node::Large(operator) => element("mo", if operator == "Σ" { "∑" } else { operator }, out),
        Node::Name(name) => {
            element("mi", name, out);
            out.push_str("<mspace width=\"0.17em\"></mspace>");
        }
        // Spaces at the ends would be dropped.
        Node::Text(text) => element("mtext", &text.replace(' ', "\u{a0}"), out),
        Node::Space => out.push_str("<mspace width=\"1em\"></mspace>"),
        Node::Row(nodes) => {
            out.push_str("<mrow>");
            for (index, node) in nodes.iter().enumerate() {
                match node {
                    Node::Operator(minus) if minus == "−" && !is_binary(nodes, index) => {
                        out.push_str("<mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo>");
                    }
                    node => mathml(node, out),
                }
            }
            out.push_str("</mrow>");
        }
        Node::Fraction(above, below) => {
            out.push_str("<mfrac>");
            mathml(above, out);
            mathml(below, out);
            out.push_str("</mfrac>");
        }
        Node::Root(of) => {
            out.push_str("<msqrt>");
            mathml(of, out);
            out.push_str("</msqrt>");
        }
        Node::Accent(of) => {
            out.push_str("<mover accent=\"true\">");
            mathml(of, out);
            out.push_str("<mo>^</mo></mover>");
        }
        Node::Scripts(base, below, above) => {
            let name = match (below, above) {
                (Some(_), Some(_)) => "msubsup",
                (Some(_), None) => "msub",
                _ => "msup",
            };
            out.push_str(&format!("<{name}>"));
            mathml(base, out);
            below.iter().chain(above).for_each(|script| mathml(script, out));
            out.push_str(&format!("</{name}>"));
        }
    }
}

/// Whether a minus stands between two numbers, and not before one.
fn is_binary(nodes: &[Node], index: usize) -> bool {
    let before = index.checked_sub(1).map(|before| &nodes[before]);
    !matches!(
        before,
        None | Some(Node::Spaced(_) | Node::Large(_) | Node::Space)
    ) && !matches!(before, Some(Node::Operator(before)) if before == "(" || before == "·" || before == ",")
}

fn text(node: &Node) -> String {
    match node {
        Node::Operator(comma) if comma == "," => ", ".into(),
        Node::Number(of) | Node::Letter(of) | Node::Operator(of) | Node::Large(of) | Node::Text(of) => {
            of.clone()
        }
        Node::Name(name) => format!("{name} "),
        Node::Spaced(operator) => format!(" {operator} "),
        Node::Space => "  ".into(),
        Node::Row(nodes) => {
            let mut all = String::new();
            for (index, node) in nodes.iter().enumerate() {
                // `ln (a)`, `ln a`, but `tanh(z)`.
                if matches!(node, Node::Operator(open) if open == "(")
                    && all.ends_with(' ')
                    && matches!(nodes.get(index.wrapping_sub(1)), Some(Node::Name(_)))
                {
                    all.pop();
                }
                let is_minus = matches!(node, Node::Operator(minus) if minus == "−");
                all.push_str(&if is_minus && is_binary(nodes, index) {
                    " − ".into()
                } else {
                    text(node)
                });
            }
            all
        }
        Node::Fraction(above, below) => match (text(above).as_str(), text(below).as_str()) {
            ("1", "2") => "½".into(),
            _ => format!("{}/{}", grouped(above), grouped(below)),
        },
        Node::Root(of) => format!("√{}", grouped(of)),
        Node::Accent(of) => format!("{}\u{302}", text(of)),
        Node::Scripts(base, below, above) => {
            let mut all = text(base).trim_end().to_string();
            if let Some(below) = below {
                all.push_str(&script(&text(below), SUBSCRIPTS, '_'));
            }
            if let Some(above) = above {
                all.push_str(&script(&text(above), SUPERSCRIPTS, '^'));
            }
            if matches!(**base, Node::Large(_)) {
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
    if inside.contains(' ') || inside.contains('·') || inside.contains('/') {
        format!("({inside})")
    } else {
        inside.into()
    }
}

const SUPERSCRIPTS: &[(char, char)] = &[
    ('0', '⁰'),
    ('1', '¹'),
    ('2', '²'),
    ('3', '³'),
    ('4', '⁴'),
    ('5', '⁵'),
    ('6', '⁶'),
    ('7', '⁷'),
    ('8', '⁸'),
    ('9', '⁹'),
    ('+', '⁺'),
    ('−', '⁻'),
    ('(', '⁽'),
    (')', '⁾'),
    ('⊤', 'ᵀ'),
    ('z', 'ᶻ'),
    ('t', 'ᵗ'),
    (' ', ' '),
];
const SUBSCRIPTS: &[(char, char)] = &[
    ('0', '₀'),
    ('1', '₁'),
    ('2', '₂'),
    ('3', '₃'),
    ('4', '₄'),
    ('5', '₅'),
    ('6', '₆'),
    ('7', '₇'),
    ('8', '₈'),
    ('9', '₉'),
    ('+', '₊'),
    ('−', '₋'),
    ('(', '₍'),
    (')', '₎'),
    ('i', 'ᵢ'),
    ('j', 'ⱼ'),
    ('k', 'ₖ'),
    ('n', 'ₙ'),
    ('t', 'ₜ'),
    ('h', 'ₕ'),
    (',', ','),
];

fn script(of: &str, characters: &[(char, char)], mark: char) -> String {
    let raised: Option<String> = of
        .chars()
        .map(|c| {
            characters
                .iter()
                .find(|(plain, _)| *plain == c)
                .map(|(_, raised)| *raised)
        })
        .collect();
    let is_number = |of: &str| of.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '−');
    raised.unwrap_or_else(|| match of.chars().count() {
        _ if is_number(of) => format!("{mark}{of}"),
        1 => format!("{mark}{of}"),
        _ => format!("{mark}({of})"),
    })
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
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
