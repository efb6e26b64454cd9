//! Expressions made from a seed: calls of every function with arguments that mostly fit, operators, conditionals,
//! for-expressions and templates, nested a few levels.

/// What an expression is meant to give.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    /// A small whole number.
    Count,
    Text,
    Bool,
    Numbers,
    Texts,
    Nested,
    Map,
    Object,
    Maps,
    Time,
    Duration,
    Block,
    Pattern,
    Json,
    Yaml,
    Csv,
    Format,
    Any,
}

use Kind::{
    Any, Block, Bool, Count, Csv, Duration, Format, Json, Map, Maps, Nested, Number, Numbers, Object, Pattern, Text,
    Texts, Time, Yaml,
};

/// A function, what it takes (the last one repeatedly when there is a `…`), and what it gives.
type Signature = (&'static str, &'static [Kind], bool, Kind);

const FUNCTIONS: &[Signature] = &[
    ("abs", &[Number], false, Number),
    ("ceil", &[Number], false, Number),
    ("floor", &[Number], false, Number),
    ("log", &[Count, Count], false, Number),
    ("max", &[Number], true, Number),
    ("min", &[Number], true, Number),
    ("parseint", &[Text, Count], false, Number),
    ("pow", &[Count, Count], false, Number),
    ("signum", &[Count], false, Number),
    ("sum", &[Numbers], false, Number),
    ("chomp", &[Text], false, Text),
    ("endswith", &[Text, Text], false, Bool),
    ("format", &[Format, Any, Any], false, Text),
    ("formatlist", &[Format, Texts, Any], false, Texts),
    ("indent", &[Count, Text], false, Text),
    ("join", &[Text, Texts], true, Text),
    ("lower", &[Text], false, Text),
    ("regex", &[Pattern, Text], false, Any),
    ("regexall", &[Pattern, Text], false, Any),
    ("replace", &[Text, Text, Text], false, Text),
    ("split", &[Text, Text], false, Texts),
    ("startswith", &[Text, Text], false, Bool),
    ("strcontains", &[Text, Text], false, Bool),
    ("strrev", &[Text], false, Text),
    ("substr", &[Text, Count, Count], false, Text),
    ("title", &[Text], false, Text),
    ("trim", &[Text, Text], false, Text),
    ("trimprefix", &[Text, Text], false, Text),
    ("trimspace", &[Text], false, Text),
    ("trimsuffix", &[Text, Text], false, Text),
    ("upper", &[Text], false, Text),
    ("alltrue", &[Any], false, Bool),
    ("anytrue", &[Any], false, Bool),
    ("chunklist", &[Texts, Count], false, Nested),
    ("coalesce", &[Text], true, Text),
    ("coalesce", &[Any, Any], false, Any),
    ("coalescelist", &[Texts], true, Texts),
    ("compact", &[Texts], false, Texts),
    ("concat", &[Texts], true, Texts),
    ("concat", &[Numbers, Texts], false, Texts),
    ("contains", &[Texts, Text], false, Bool),
    ("distinct", &[Texts], false, Texts),
    ("distinct", &[Any], false, Any),
    ("element", &[Texts, Count], false, Text),
    ("flatten", &[Nested], false, Texts),
    ("flatten", &[Any], false, Any),
    ("index", &[Texts, Text], false, Number),
    ("keys", &[Map], false, Texts),
    ("length", &[Any], false, Number),
    ("lookup", &[Map, Text, Text], false, Text),
    ("matchkeys", &[Texts, Texts, Texts], false, Texts),
    ("merge", &[Map], true, Map),
    ("merge", &[Object, Map], false, Object),
    ("one", &[Texts], false, Text),
    ("range", &[Count], true, Numbers),
    ("reverse", &[Texts], false, Texts),
    ("setintersection", &[Texts], true, Texts),
    ("setproduct", &[Texts, Numbers], true, Nested),
    ("setsubtract", &[Texts, Texts], false, Texts),
    ("setunion", &[Texts], true, Texts),
    ("slice", &[Texts, Count, Count], false, Texts),
    ("sort", &[Texts], false, Texts),
    ("transpose", &[Maps], false, Maps),
    ("values", &[Map], false, Texts),
    ("zipmap", &[Texts, Texts], false, Map),
    ("base64decode", &[Text], false, Text),
    ("base64encode", &[Text], false, Text),
    ("csvdecode", &[Csv], false, Any),
    ("jsondecode", &[Json], false, Any),
    ("jsonencode", &[Any], false, Text),
    ("urlencode", &[Text], false, Text),
    ("yamldecode", &[Yaml], false, Any),
    ("yamlencode", &[Any], false, Text),
    ("basename", &[Text], false, Text),
    ("dirname", &[Text], false, Text),
    ("formatdate", &[Text, Time], false, Text),
    ("timeadd", &[Time, Duration], false, Time),
    ("timecmp", &[Time, Time], false, Number),
    ("base64sha256", &[Text], false, Text),
    ("base64sha512", &[Text], false, Text),
    ("md5", &[Text], false, Text),
    ("sha1", &[Text], false, Text),
    ("sha256", &[Text], false, Text),
    ("sha512", &[Text], false, Text),
    ("uuidv5", &[Text, Text], false, Text),
    ("cidrhost", &[Block, Count], false, Text),
    ("cidrnetmask", &[Block], false, Text),
    ("cidrsubnet", &[Block, Count, Count], false, Block),
    ("cidrsubnets", &[Block, Count, Count], true, Texts),
    ("can", &[Any], false, Bool),
    ("try", &[Any, Any], false, Any),
    ("tobool", &[Any], false, Bool),
    ("tolist", &[Any], false, Any),
    ("tomap", &[Object], false, Map),
    ("tonumber", &[Text], false, Number),
    ("toset", &[Any], false, Any),
    ("tostring", &[Any], false, Text),
];

/// A generator of numbers, the same on every machine ([splitmix64](https://prng.di.unimi.it/splitmix64.c)).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        from.get(self.below(from.len())).copied().unwrap_or(otherwise)
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3.5",
    "-0.25",
    "10",
    "1e3",
    "0.1",
    "1e-7",
    "123456789012345678901234567890",
    "99.99",
    "1024",
    "\"7\"",
    "-12",
    "1.10",
];
const COUNTS: &[&str] = &["0", "1", "2", "3", "4", "5", "8", "1", "10", "16", "\"2\"", "-1"];
const TEXTS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""b""#,
    r#""hello world""#,
    r#""Hello-World_42""#,
    r#""h\u00e9llo \u2603""#,
    r#""a,b,,c""#,
    r#""  padded\t""#,
    r#""x\ny\n""#,
    r#""arn:aws:iam::123456789012:role/path/name""#,
    r#""s3:Get*""#,
    r#""/l+/""#,
    r#""l""#,
    r#"",""#,
    r#""<&>\"\\""#,
    r#""42""#,
    r#""true""#,
    r#""aGVsbG8=""#,
    r#""dns""#,
    r#""YYYY-MM-DD'T'hh:mm:ssZ""#,
    r#""${1 + 1}-x""#,
    "5",
    "true",
];
const BOOLS: &[&str] = &["true", "false", "\"true\"", "1 < 2", "\"a\" == \"b\"", "!false"];
const TIMES: &[&str] = &[
    r#""2018-01-02T23:12:01Z""#,
    r#""2020-02-29T12:00:00+05:30""#,
    r#""1969-12-31T23:59:59.999Z""#,
    r#""2018-01-02 23:12:01Z""#,
    r#""9999-12-31T23:59:59-08:00""#,
];
const DURATIONS: &[&str] = &[
    r#""10m""#,
    r#""-1.5h""#,
    r#""1h2m3s""#,
    r#""86400s""#,
    r#""1d""#,
    r#""0""#,
    r#""5us""#,
];
const BLOCKS: &[&str] = &[
    r#""10.0.0.0/8""#,
    r#""192.168.7.9/24""#,
    r#""fd00:fd12:3456:7890::/56""#,
    r#""0.0.0.0/0""#,
    r#""10.0.0.0/30""#,
    r#""2001:db8::1/64""#,
    r#""10.0.0.256/8""#,
];
const PATTERNS: &[&str] = &[
    r#""[a-z]+""#,
    r#""(\\w+)[-, ](\\w+)""#,
    r#""(?P<first>\\w)(?P<rest>.*)""#,
    r#""^$""#,
    r#""l*""#,
    r#""\\d{2,}""#,
    r#""(?i)HELLO""#,
    r#""(""#,
    r#""[^,]*""#,
    r#""(a)|(b)""#,
];
const JSONS: &[&str] = &[
    r#""{\"a\":[1,2.50,null],\"b\":{\"c\":\"x\"}}""#,
    r#""[true,\"\\u00e9\",1e2]""#,
    r#""\"x\"""#,
    r#""{""#,
    r#""12""#,
];
const YAMLS: &[&str] = &[
    r#""a: 1\nb: [x, 'y', \"z\"]\n""#,
    r#""- 1\n- two\n- {three: 3}\n""#,
    r#""key: |\n  line 1\n  line 2\nother: >\n  folded\n  text\n""#,
    r#""plain text""#,
    r#""[1, 2""#,
    r#""x: yes\ny: ~\nz: 0x1F""#,
];
const CSVS: &[&str] = &[
    r#""a,b\n1,2\n3,4\n""#,
    r#""n\n\"q \"\"x\"\"\"\n""#,
    r#""a,b\n1\n""#,
    r#""a;b""#,
];
const FORMATS: &[&str] = &[
    r#""%s-%s""#,
    r#""%v/%v""#,
    r#""%5s|%-5v""#,
    r#""%d %s""#,
    r#""%05.1f %v""#,
    r#""%q %#v""#,
    r#""%x %s""#,
    r#""%[2]v %[1]v""#,
    r#""%t %v""#,
    r#""%e %g""#,
    r#""%08d%%%s""#,
    r#""%.3s %+d""#,
];

struct Maker {
    random: Random,
}

/// Expressions, each different with high probability.
pub(super) fn expressions(seed: u64, count: usize) -> Vec<String> {
    let mut maker = Maker { random: Random(seed) };
    let make = |i: usize| {
        // In turn each function, then each other shape.
        let turn = i % (FUNCTIONS.len() + FUNCTIONS.len() / 2);
        match FUNCTIONS.get(turn) {
            Some(signature) => maker.call(signature, 2),
            None => maker.shape(3),
        }
    };
    (0..count).map(make).collect()
}

impl Maker {
    fn call(&mut self, (name, kinds, many, _): &Signature, depth: usize) -> String {
        let mut arguments: Vec<String> = kinds.iter().map(|k| self.value(*k, depth)).collect();
        if let (true, Some(last)) = (many, kinds.last()) {
            let more = self.random.below(3);
            arguments.extend((0..more).map(|_| self.value(*last, depth)));
        }
        format!("{name}({})", arguments.join(", "))
    }

    /// An expression of a kind; one in thirty is of another, one in sixty null.
    fn value(&mut self, kind: Kind, depth: usize) -> String {
        let turn = self.random.below(60);
        if turn == 0 {
            return "null".into();
        }
        let kind = if turn < 3 { self.kind() } else { kind };
        if depth > 0 && self.random.below(3) == 0 {
            return self.nested(kind, depth - 1);
        }
        self.literal(kind)
    }

    fn kind(&mut self) -> Kind {
        self.random.pick(
            &[Number, Count, Text, Bool, Numbers, Texts, Nested, Map, Object, Maps],
            Text,
        )
    }

    /// A call, an operator or another compound that gives the kind.
    fn nested(&mut self, kind: Kind, depth: usize) -> String {
        let fitting: Vec<&Signature> = FUNCTIONS.iter().filter(|f| f.3 == kind).collect();
        if !fitting.is_empty() && self.random.below(3) > 0 {
            let at = self.random.below(fitting.len());
            if let Some(signature) = fitting.get(at) {
                return self.call(signature, depth);
            }
        }
        match kind {
            Number | Count => {
                let operator = self.random.pick(&["+", "-", "*", "/", "%"], "+");
                format!(
                    "({} {operator} {})",
                    self.value(Number, depth),
                    self.value(Number, depth)
                )
            }
            Bool => self.comparison(depth),
            Text => format!("\"<${{{}}}>\"", self.value(Number, depth)),
            Texts => format!("[for x in {} : \"${{x}}!\"]", self.value(Texts, depth)),
            Map => format!("{{ for k, v in {} : upper(k) => v }}", self.value(Map, depth)),
            _ => {
                let (a, b) = (self.value(kind, depth), self.value(kind, depth));
                format!("({} ? {a} : {b})", self.value(Bool, depth))
            }
        }
    }

    fn comparison(&mut self, depth: usize) -> String {
        match self.random.below(3) {
            0 => {
                let operator = self.random.pick(&["<", "<=", ">", ">="], "<");
                format!(
                    "({} {operator} {})",
                    self.value(Number, depth),
                    self.value(Number, depth)
                )
            }
            1 => {
                let operator = self.random.pick(&["==", "!="], "==");
                let kind = self.kind();
                format!("({} {operator} {})", self.value(kind, depth), self.value(kind, depth))
            }
            _ => {
                let operator = self.random.pick(&["&&", "||"], "&&");
                format!("({} {operator} {})", self.value(Bool, depth), self.value(Bool, depth))
            }
        }
    }

    /// Something that is no call.
    fn shape(&mut self, depth: usize) -> String {
        let kind = self.kind();
        match self.random.below(8) {
            0 => self.comparison(depth),
            1 => {
                let other = self.kind();
                format!(
                    "{} ? {} : {}",
                    self.value(Bool, 1),
                    self.value(kind, 1),
                    self.value(other, 1)
                )
            }
            2 => format!("[for i, x in {} : [i, x]]", self.value(kind, depth)),
            3 => format!(
                "[for x in {} : x if x != {}]",
                self.value(Texts, depth),
                self.value(Text, 0)
            ),
            4 => format!("{}[{}]", self.literal(Texts), self.value(Count, 1)),
            5 => format!("{}[*].a", self.value(Any, 1)),
            6 => format!(
                "\"a${{{}}}-%{{ if {} }}b%{{ else }}c%{{ endif }}\"",
                self.value(Text, 1),
                self.value(Bool, 0)
            ),
            _ => self.nested(kind, depth),
        }
    }

    fn literal(&mut self, kind: Kind) -> String {
        let from = match kind {
            Number => NUMBERS,
            Count => COUNTS,
            Text => TEXTS,
            Bool => BOOLS,
            Time => TIMES,
            Duration => DURATIONS,
            Block => BLOCKS,
            Pattern => PATTERNS,
            Json => JSONS,
            Yaml => YAMLS,
            Csv => CSVS,
            Format => FORMATS,
            Numbers => return self.list(Number),
            Texts => return self.list(Text),
            Nested => return self.list(Texts),
            Map => return self.map(Text),
            Maps => return self.map(Texts),
            Object => return self.map(Any),
            Any => {
                let kind = self.kind();
                return self.literal(kind);
            }
        };
        self.random.pick(from, "null").to_owned()
    }

    fn list(&mut self, of: Kind) -> String {
        let len = self.random.below(5);
        let items: Vec<String> = (0..len).map(|_| self.literal(of)).collect();
        let list = format!("[{}]", items.join(", "));
        match self.random.below(12) {
            0 => format!("toset({list})"),
            1 => format!("tolist({list})"),
            _ => list,
        }
    }

    fn map(&mut self, of: Kind) -> String {
        let mut entries = Vec::new();
        for key in ["a", "b", "\"x y\"", "42"] {
            if self.random.below(2) == 0 {
                entries.push(format!("{key} = {}", self.literal(of)));
            }
        }
        let map = format!("{{ {} }}", entries.join(", "));
        if self.random.below(12) == 0 {
            format!("tomap({map})")
        } else {
            map
        }
    }
}
