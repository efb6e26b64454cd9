use super::*;

fn n(literal: &str) -> Number {
    Number::parse(literal).unwrap_or_else(|| panic!("{literal} is a number"))
}

#[test]
fn a_third_has_the_digits_terraform_prints() {
    let third = n("1").div(&n("3")).unwrap();
    assert_eq!(third.to_string(), format!("0.{}5", "3".repeat(154)));
    assert_eq!(third.mul(&n("3")).unwrap().to_string(), "1");
    assert_eq!(n("0.1").add(&n("0.2")).unwrap().to_string(), "0.3");
    assert_eq!(n("0.1").add(&n("0.2")).unwrap(), n("0.3"));
}

#[test]
fn literals_of_every_shape() {
    for (text, want) in [
        ("007", "7"),
        ("-0.50", "-0.5"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1E+3", "1000"),
        ("25e-1", "2.5"),
        ("1p10", "1024"),
        ("-0", "-0"),
        ("1e-7", "0.0000001"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ] {
        assert_eq!(n(text).to_string(), want, "{text}");
    }
    for text in [
        "", ".", "-", "e5", "1e", "1e+", "0x10", "1_000", " 1", "1 ", "NaN", "1e5.5", "--1",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn huge_exponents_stay_small() {
    let huge = n("1e1000000");
    assert!(huge > n("9e999999") && huge.is_whole() && huge.to_i64().is_none());
    assert_eq!(huge.to_string(), "1e+1000000");
    assert_eq!(n("-25e-1000001").to_string(), "-2.5e-1000000");
    assert_eq!(huge.add(&n("1")).unwrap(), huge);
    assert!(n("1e1000000000").is_infinite());
    assert!(n("1e-1000000000").is_zero());
    assert!(Number::parse("1e99999999999999999999").is_none());
    assert_eq!(n(&"9".repeat(100_000)).to_string().get(..5), Some("1e+10"));
}

#[test]
fn division_and_remainder() {
    let rem = |a: &str, b: &str| n(a).rem(&n(b)).unwrap().to_string();
    assert_eq!(rem("7", "3"), "1");
    assert_eq!(rem("-7", "3"), "-1");
    assert_eq!(rem("7.5", "2"), "1.5");
    assert_eq!(rem("7", "0"), "7");
    assert!(n("1").div(&n("0")).unwrap().is_infinite());
    assert!(n("0").div(&n("0")).is_none());
    assert!(Number::infinite(false).sub(&Number::infinite(false)).is_none());
}

#[test]
fn rounding_to_whole_numbers() {
    for (text, floor, ceil) in [
        ("1.5", "1", "2"),
        ("-1.5", "-2", "-1"),
        ("3", "3", "3"),
        ("-0.2", "-1", "0"),
    ] {
        assert_eq!((n(text).floor(), n(text).ceil()), (n(floor), n(ceil)), "{text}");
    }
}

#[test]
fn numbers_of_64_bit_functions_print_short() {
    assert_eq!(Number::from_f64(2f64.sqrt()).unwrap().to_string(), "1.4142135623730951");
    assert_eq!(Number::from_f64(0.1).unwrap().to_string(), "0.1");
    assert_ne!(Number::from_f64(0.1).unwrap(), n("0.1"));
    assert_eq!(Number::from_f64(f64::NAN), None);
    for f in [0.0, 1.0, -2.5, 1e300, 5e-324, f64::MAX, f64::MIN_POSITIVE] {
        assert_eq!(Number::from_f64(f).unwrap().to_f64(), f);
    }
}

#[test]
fn styles() {
    let f = |text: &str, style, places| n(text).format(style, places);
    assert_eq!(f("2.5", Style::Fixed, Some(0)), "2");
    assert_eq!(f("3.5", Style::Fixed, Some(0)), "4");
    assert_eq!(f("0.05", Style::Fixed, Some(1)), "0.1");
    assert_eq!(f("1234.5678", Style::Exponent, Some(2)), "1.23e+03");
    assert_eq!(f("0", Style::Exponent, Some(2)), "0.00e+00");
    assert_eq!(f("1000000", Style::General, None), "1e+06");
    assert_eq!(f("123456", Style::General, None), "123456");
    assert_eq!(f("0.00001", Style::General, None), "1e-05");
    assert_eq!(f("100000", Style::General, Some(3)), "1e+05");
    assert_eq!(f("999.96", Style::Fixed, Some(1)), "1000.0");
}

#[test]
fn order_is_by_value() {
    let sorted = [
        "-1e100", "-2", "-0.5", "0", "0.1", "0.5", "1", "3", "10", "1e3", "1e100",
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            assert_eq!(n(a).cmp(&n(b)), i.cmp(&j), "{a} {b}");
        }
    }
    assert!(Number::infinite(true) < n("-1e100") && n("1e100") < Number::infinite(false));
    assert_eq!(Number::from(1000), n("1e3"));
}

#[test]
fn zero_keeps_a_sign_that_only_shows() {
    assert_eq!(n("0").neg().to_string(), "-0");
    assert_eq!(n("-0"), n("0"));
    assert_eq!(n("5").sub(&n("5")).unwrap().to_string(), "0");
}

#[test]
fn bases() {
    assert_eq!(Number::parse_whole("ff", 16).unwrap().to_string(), "255");
    assert_eq!(Number::parse_whole("-FF", 16).unwrap().to_string(), "-255");
    assert_eq!(Number::parse_whole("Z", 62).unwrap().to_string(), "61");
    assert!(Number::parse_whole("12", 2).is_none());
    assert_eq!(n("255").to_base(16).as_deref(), Some("ff"));
    assert_eq!(n("0.5").to_base(2), None);
}
