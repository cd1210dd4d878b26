//! The inputs of blueprints, in tables.

use serde_json::json;

use super::super::param::LONGEST;
use super::*;

fn text(text: &str) -> Option<ParamValue> {
    Some(ParamValue::Text(text.to_owned()))
}

#[test]
fn lines_of_a_header() {
    for (says, kind, default, label) in [
        ("bool, true, \"Low memory\"", ParamType::Bool, Some(ParamValue::Bool(true)), "Low memory"),
        ("bool", ParamType::Bool, Some(ParamValue::Bool(false)), "x"),
        ("int, 20, Steps, min=1, max=150", ParamType::Int, Some(ParamValue::Int(20)), "Steps"),
        ("int,,", ParamType::Int, None, "x"),
        ("enum, b, \"Mode\", options=a|b", ParamType::Enum, text("b"), "Mode"),
        ("enum,, Mode, options = a | b", ParamType::Enum, text("a"), "Mode"),
        ("text, \"a, b\", \"Two, words\"", ParamType::Text, text("a, b"), "Two, words"),
        ("text , plain words  ,  Label of it ", ParamType::Text, text("plain words"), "Label of it"),
        ("secret, , \"Token\", required", ParamType::Secret, None, "Token"),
        ("path, models/sd, \"Folder\", future=thing", ParamType::Path, text("models/sd"), "Folder"),
    ] {
        let param = Param::parse("x", says).unwrap_or_else(|why| panic!("{says}: {why}"));
        assert_eq!((param.kind, &param.default, param.label.as_str()), (kind, &default, label), "{says}");
    }
    let param = Param::parse("hf-token", "secret,, Token, required, hint=\"From a, b\"").unwrap();
    assert_eq!(
        (param.required, param.hint.as_deref(), param.variable().as_str()),
        (true, Some("From a, b"), "AIKORE_PARAM_HF_TOKEN")
    );
}

#[test]
fn lines_that_cannot_be_understood() {
    for (name, says) in [
        ("x", ""),
        ("x", "colour, red"),
        ("x", "int, many"),
        ("x", "int, 5, Steps, min=6"),
        ("x", "int, 5, Steps, max=lots"),
        ("x", "bool, maybe"),
        ("x", "enum, a, Mode"),
        ("x", "enum, c, Mode, options=a|b"),
        ("x", "secret, hunter2, Token"),
        ("x", "text, \"open"),
        ("X", "text"),
        ("", "text"),
        ("a b", "text"),
        ("1st", "text"),
    ] {
        assert!(Param::parse(name, says).is_err(), "{name} = {says}");
    }
    let params = Params::parse([("a-b", "text"), ("a_b", "text"), ("c", "colour"), ("d", "bool")].into_iter());
    assert_eq!(params.list.iter().map(|param| param.name.as_str()).collect::<Vec<_>>(), ["a-b", "d"]);
    assert!(params.faults.len() == 2 && params.faults[1].starts_with("param.c: "), "{:?}", params.faults);
}

fn params() -> Params {
    let lines = [
        ("low", "bool, false, Low"),
        ("steps", "int, 20, Steps, min=1, max=150"),
        ("mode", "enum, fast, Mode, options=fast|good"),
        ("note", "text, , Note"),
        ("token", "secret, , Token, required"),
    ];
    Params::parse(lines.into_iter())
}

#[test]
fn values_that_do_not_do_are_named() {
    let token = json!("k");
    for (name, value, word) in [
        ("low", json!("true"), "true or false"),
        ("low", json!(1), "true or false"),
        ("steps", json!("5"), "whole number"),
        ("steps", json!(1.5), "whole number"),
        ("steps", json!(0), "at least 1"),
        ("steps", json!(151), "at most 150"),
        ("mode", json!("slow"), "fast, good"),
        ("mode", json!(""), "fast, good"),
        ("note", json!("a\nb"), "one line"),
        ("note", json!("a\u{0}b"), "one line"),
        ("note", json!("a".repeat(LONGEST + 1)), "too long"),
        ("note", json!(["a"]), "a text"),
        ("token", json!({ "secret": "k" }), "a text"),
        ("token", json!(null), "needs a value"),
        ("other", json!(1), "no input 'other'"),
    ] {
        let given = BTreeMap::from([("token".to_owned(), token.clone()), (name.to_owned(), value.clone())]);
        let bad = params().set(&given, &mut BTreeMap::new()).unwrap_err();
        assert!(bad.name == name && bad.why.contains(word), "{name} = {value}: {bad:?}");
    }
    assert_eq!(params().set(&BTreeMap::new(), &mut BTreeMap::new()).unwrap_err().name, "token");
}

#[test]
fn what_is_given_is_put_on_what_was_there() {
    let given = |value: Value| serde_json::from_value::<BTreeMap<String, Value>>(value).unwrap();
    let mut chosen = BTreeMap::new();
    params().set(&given(json!({ "steps": 5, "token": "k", "note": "" })), &mut chosen).unwrap();
    params().set(&given(json!({ "steps": null, "token": { "set": true }, "low": true })), &mut chosen).unwrap();
    let stored = serde_json::to_value(&chosen).unwrap();
    assert_eq!(stored, json!({ "low": true, "note": "", "token": { "secret": "k" } }));
    let variables = params().variables(&chosen);
    let expected = [("LOW", "true"), ("STEPS", "20"), ("MODE", "fast"), ("NOTE", ""), ("TOKEN", "k")];
    let expected = expected.map(|(name, value)| (format!("AIKORE_PARAM_{name}"), value.to_owned()));
    assert_eq!(variables, expected);
}

#[test]
fn another_script_takes_only_what_fits() {
    let mut chosen = BTreeMap::from([
        ("steps".to_owned(), ParamValue::Int(500)),
        ("mode".to_owned(), ParamValue::Text("good".to_owned())),
        ("token".to_owned(), ParamValue::Text("was shown".to_owned())),
        ("gone".to_owned(), ParamValue::Bool(true)),
        ("note".to_owned(), ParamValue::Secret { secret: "k".to_owned() }),
    ]);
    let variables = params().variables(&chosen);
    assert!(variables.contains(&("AIKORE_PARAM_STEPS".to_owned(), "20".to_owned())), "{variables:?}");
    assert!(!variables.iter().any(|(name, _)| name.ends_with("NOTE") || name.ends_with("TOKEN")), "{variables:?}");
    params().keep_fitting(&mut chosen);
    assert_eq!(chosen.keys().map(String::as_str).collect::<Vec<_>>(), ["mode"]);
}
