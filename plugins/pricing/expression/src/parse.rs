//! From tokens to a tree: precedence, types, names. Recursive descent, with bounds on depth and size.

use crate::token::{Fault, Token, tokens};
use crate::tree::{Fact, Function, Kind, Node, Op, Type};

const DEPTH: usize = 40;
const NODES: usize = 1_000;

/// A formula.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Formula {
    pub(crate) lets: Vec<Node>,
    pub(crate) result: Node,
    pub(crate) facts: Vec<Fact>,
}

/// Parses a formula that gives this type.
pub(crate) fn parse(text: &str, gives: Type) -> Result<Formula, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, names: Vec::new(), facts: Vec::new(), depth: 0, nodes: 0 };
    let mut lets = Vec::new();
    while parser.eat_name("let") {
        let (at, name) = parser.name()?;
        parser.expect("=")?;
        let (node, of) = parser.expression()?;
        parser.expect(";")?;
        if parser.names.iter().any(|(known, _)| known == name) || Fact::named(name).is_some() {
            return Err(Fault::new(at, format!("\"{name}\" is taken: give it another name")));
        }
        parser.names.push((name.into(), of));
        lets.push(node);
    }
    let (result, of) = parser.expression()?;
    let (at, token) = parser.peek();
    if token != Token::End {
        return Err(Fault::new(at, format!("expected the end of the formula, found {token}")));
    }
    if of != gives {
        return Err(Fault::new(result.at, format!("the formula gives {}; expected {}", of.name(), gives.name())));
    }
    Ok(Formula { lets, result, facts: parser.facts })
}

struct Parser<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    /// Those that `let` gave.
    names: Vec<(String, Type)>,
    facts: Vec<Fact>,
    depth: usize,
    nodes: usize,
}

type Typed = Result<(Node, Type), Fault>;

impl<'a> Parser<'a> {
    fn peek(&self) -> (usize, Token<'a>) {
        self.tokens[self.next.min(self.tokens.len() - 1)]
    }
    fn take(&mut self) -> (usize, Token<'a>) {
        let token = self.peek();
        self.next += 1;
        token
    }
    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().1, Token::Sign(found) if found == sign);
        self.next += usize::from(found);
        found
    }
    fn eat_name(&mut self, word: &str) -> bool {
        let found = self.peek().1 == Token::Name(word);
        self.next += usize::from(found);
        found
    }
    fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        let (at, token) = self.peek();
        if self.eat(sign) { Ok(()) } else { Err(Fault::new(at, format!("expected \"{sign}\", found {token}"))) }
    }
    fn expect_name(&mut self, word: &str) -> Result<(), Fault> {
        let (at, token) = self.peek();
        if self.eat_name(word) { Ok(()) } else { Err(Fault::new(at, format!("expected \"{word}\", found {token}"))) }
    }
    fn name(&mut self) -> Result<(usize, &'a str), Fault> {
        match self.take() {
            (at, Token::Name(name)) => Ok((at, name)),
            (at, token) => Err(Fault::new(at, format!("expected a name, found {token}"))),
        }
    }
    fn node(&mut self, at: usize, kind: Kind, of: Type) -> Typed {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(Fault::new(at, format!("the formula has more than {NODES} parts")));
        }
        Ok((Node { at, kind }, of))
    }
    fn expression(&mut self) -> Typed {
        let (at, _) = self.peek();
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::new(at, format!("the formula is nested more than {DEPTH} deep")));
        }
        let typed = if self.eat_name("if") { self.branches(at) } else { self.binary(0) };
        self.depth -= 1;
        typed
    }
    fn branches(&mut self, at: usize) -> Typed {
        let condition = self.expression()?;
        let condition = typed(condition, Type::Truth)?;
        self.expect_name("then")?;
        let (then, of) = self.expression()?;
        self.expect_name("else")?;
        let otherwise = self.expression()?;
        let otherwise = typed(otherwise, of)?;
        self.node(at, Kind::If(Box::new((condition, then, otherwise))), of)
    }
    /// Operators by how tightly they bind, from 0, the loosest.
    fn binary(&mut self, level: usize) -> Typed {
        const LEVELS: [&[(&str, Op)]; 5] = [
            &[("or", Op::Or)],
            &[("and", Op::And)],
            &[("==", Op::Equal), ("!=", Op::Unequal), ("<=", Op::LessOrEqual), (">=", Op::MoreOrEqual), ("<", Op::Less), (">", Op::More)],
            &[("+", Op::Add), ("-", Op::Subtract)],
            &[("*", Op::Multiply), ("/", Op::Divide)],
        ];
        if level == 2 && self.peek().1 == Token::Name("not") {
            let (at, _) = self.take();
            let operand = self.nested(|parser| parser.binary(2))?;
            let operand = typed(operand, Type::Truth)?;
            return self.node(at, Kind::Not(Box::new(operand)), Type::Truth);
        }
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let (at, token) = self.peek();
            let found = operators.iter().find(|(word, _)| token == Token::Name(word) || matches!(token, Token::Sign(sign) if sign == *word));
            let Some((word, op)) = found else { return Ok(left) };
            self.take();
            let right = self.binary(level + 1)?;
            left = self.combine(at, word, *op, left, right)?;
            if level == 2 {
                return Ok(left);
            }
        }
    }
    fn combine(&mut self, at: usize, word: &str, op: Op, left: (Node, Type), right: (Node, Type)) -> Typed {
        let (operands, of) = match op {
            Op::And | Op::Or => (Type::Truth, Type::Truth),
            Op::Equal | Op::Unequal => (left.1, Type::Truth),
            Op::Less | Op::LessOrEqual | Op::More | Op::MoreOrEqual => (Type::Number, Type::Truth),
            _ => (Type::Number, Type::Number),
        };
        for (node, of) in [&left, &right] {
            if *of != operands {
                return Err(Fault::new(node.at, format!("expected {} beside \"{word}\", found {}", operands.name(), of.name())));
            }
        }
        self.node(at, Kind::Binary(op, Box::new((left.0, right.0))), of)
    }
    fn unary(&mut self) -> Typed {
        let (at, _) = self.peek();
        if self.eat("-") {
            let operand = self.nested(Self::unary)?;
            let operand = typed(operand, Type::Number)?;
            return self.node(at, Kind::Negative(Box::new(operand)), Type::Number);
        }
        self.primary()
    }
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Typed) -> Typed {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::new(self.peek().0, format!("the formula is nested more than {DEPTH} deep")));
        }
        let typed = parse(self);
        self.depth -= 1;
        typed
    }
    fn primary(&mut self) -> Typed {
        match self.take() {
            (at, Token::Number(number)) => self.node(at, Kind::Number(number), Type::Number),
            (at, Token::Text(text)) => self.node(at, Kind::Text(text.into()), Type::Text),
            (at, Token::Name("true")) => self.node(at, Kind::Truth(true), Type::Truth),
            (at, Token::Name("false")) => self.node(at, Kind::Truth(false), Type::Truth),
            (_, Token::Sign("(")) => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            (at, Token::Name(name)) if self.eat("(") => self.call(at, name),
            (at, Token::Name(name)) => self.named(at, name),
            (at, token) => Err(Fault::new(at, format!("expected a value, found {token}"))),
        }
    }
    fn named(&mut self, at: usize, name: &str) -> Typed {
        if let Some(slot) = self.names.iter().position(|(known, _)| known == name) {
            let of = self.names[slot].1;
            return self.node(at, Kind::Let(slot), of);
        }
        let unknown = || Fault::new(at, format!("there is nothing named \"{name}\"; a meter of a plugin's own is meter(\"{name}\")"));
        self.fact(at, Fact::named(name).ok_or_else(unknown)?)
    }
    fn fact(&mut self, at: usize, fact: Fact) -> Typed {
        let of = fact.of();
        self.facts.push(fact.clone());
        self.node(at, Kind::Fact(fact), of)
    }
    fn call(&mut self, at: usize, name: &str) -> Typed {
        let mut arguments = Vec::new();
        while !self.eat(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.expression()?);
        }
        if let [(Node { kind: Kind::Text(of), .. }, _)] = &arguments[..]
            && let Some(fact) = Fact::called(name, of)
        {
            return self.fact(at, fact);
        }
        if Fact::called(name, "").is_some() {
            return Err(Fault::new(at, format!("{name} takes one text, such as {name}(\"input\")")));
        }
        let (function, takes, of, count): (_, _, _, &dyn Fn(usize) -> bool) = match name {
            "min" => (Function::Min, Type::Number, Type::Number, &|count| count >= 1),
            "max" => (Function::Max, Type::Number, Type::Number, &|count| count >= 1),
            "round" => (Function::Round, Type::Number, Type::Number, &|count| count == 2),
            "floor" => (Function::Floor, Type::Number, Type::Number, &|count| count == 1),
            "ceil" => (Function::Ceil, Type::Number, Type::Number, &|count| count == 1),
            "like" => (Function::Like, Type::Text, Type::Truth, &|count| count == 2),
            _ => {
                return Err(Fault::new(
                    at,
                    format!("there is no function {name}; there is: min, max, round, floor, ceil, like, meter, has, cost_of, charge_of, tag"),
                ));
            }
        };
        if !count(arguments.len()) {
            return Err(Fault::new(at, format!("{name} does not take {} values", arguments.len())));
        }
        let arguments = arguments.into_iter().map(|argument| typed(argument, takes)).collect::<Result<_, _>>()?;
        self.node(at, Kind::Call(function, arguments), of)
    }
}

fn typed((node, found): (Node, Type), expected: Type) -> Result<Node, Fault> {
    if found == expected { Ok(node) } else { Err(Fault::new(node.at, format!("expected {}, found {}", expected.name(), found.name()))) }
}
