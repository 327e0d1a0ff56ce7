//! The part of JSON Schema that our sheets' schemas use.

use serde_json::Value;

/// Whether a value fits; where it does not.
pub(super) fn accepts(schema: &Value, value: &Value) -> Result<(), String> {
    fits(schema, schema, value, "sheet")
}

fn fits(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    let Some(rules) = schema.as_object() else { return Ok(()) };
    for (rule, of) in rules {
        let good = match rule.as_str() {
            "$ref" => return_ref(root, of, value, path)?,
            "type" => is_type(of, value),
            "const" => value == of,
            "enum" => of.as_array().is_some_and(|of| of.contains(value)),
            "required" => of.as_array().into_iter().flatten().all(|key| value.as_object().is_none_or(|object| object.contains_key(key.as_str().unwrap_or("")))),
            "minimum" => value.as_i64().is_none_or(|value| Some(value) >= of.as_i64()),
            "maximum" => value.as_i64().is_none_or(|value| Some(value) <= of.as_i64()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= of.as_u64().unwrap_or(0)),
            "oneOf" => of.as_array().into_iter().flatten().filter(|one| fits(root, one, value, path).is_ok()).count() == 1,
            "anyOf" => of.as_array().into_iter().flatten().any(|one| fits(root, one, value, path).is_ok()),
            "items" => {
                value.as_array().into_iter().flatten().enumerate().try_for_each(|(at, item)| fits(root, of, item, &format!("{path}[{at}]"))).map(|()| true)?
            }
            "properties" | "additionalProperties" => keys(root, schema, value, path).map(|()| true)?,
            "$schema" | "$defs" | "title" | "description" | "default" | "pattern" | "examples" | "minProperties" => true,
            other => return Err(format!("{other} is not a rule that is known here")),
        };
        if !good {
            return Err(format!("{path}: {value} does not fit {rule} {of}"));
        }
    }
    Ok(())
}

fn return_ref(root: &Value, of: &Value, value: &Value, path: &str) -> Result<bool, String> {
    let pointer = of.as_str().and_then(|of| of.strip_prefix('#')).ok_or("a $ref within the schema")?;
    fits(root, root.pointer(pointer).ok_or_else(|| format!("{pointer} is not there"))?, value, path).map(|()| true)
}

fn is_type(of: &Value, value: &Value) -> bool {
    match of.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    }
}

fn keys(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (schema.pointer(&format!("/properties/{key}")), &schema["additionalProperties"]) {
            (Some(known), _) => fits(root, known, value, &path)?,
            (None, Value::Bool(false)) => return Err(format!("{path} is not a key")),
            (None, other) => fits(root, other, value, &path)?,
        }
    }
    Ok(())
}
