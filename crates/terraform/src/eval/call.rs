//! Function calls; `try` and `can`, which see their arguments unevaluated.

use rolecall_source::{Kind, Map, Span, Text, Value, limits};

use super::template::BYTES_PER_STEP;
use super::{Cx, Eval, Evaluator, Failure, Frame, fail, limit};
use crate::functions::{self, Env, FnError};
use crate::syntax::ast::{Call, Expr};
use crate::syntax::read_template;

impl<'a> Evaluator<'a> {
    pub(crate) fn call(&self, cx: Cx<'_, 'a>, call: &Call, span: Span) -> Eval {
        match call.name.strip_prefix("core::").unwrap_or(&call.name) {
            "try" => return self.strictly(|| self.try_each(cx, &call.arguments, span)),
            "can" => return self.strictly(|| self.can(cx, &call.arguments, span)),
            _ => {}
        }
        if !functions::exists(&call.name) {
            if call.name.starts_with("provider::") {
                return Ok(self.derived(cx, span, "is computed by a provider"));
            }
            return fail(format!("there is no function `{}`", call.name), span);
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.eval(cx, argument)?);
        }
        if !call.expand {
            return self.apply(cx, call, &arguments, span);
        }
        let Some(last) = arguments.pop() else {
            return self.apply(cx, call, &arguments, span);
        };
        // Of these any number of further arguments is one unknown argument.
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        let grows = matches!(name, "merge" | "concat" | "setunion");
        self.distribute(cx, vec![last], span, &mut |last| {
            let mut arguments = arguments.clone();
            match last.first().map(|v| &v.kind) {
                Some(Kind::List(l)) => {
                    arguments.extend(l.items.iter().cloned());
                    match &l.open {
                        Some(symbol) if !grows => return Ok(self.depends(cx, span, symbol)),
                        Some(symbol) => arguments.push(Value::unknown(symbol.clone(), span)),
                        None => {}
                    }
                    self.apply(cx, call, &arguments, span)
                }
                Some(Kind::Unknown(symbol)) if grows => {
                    arguments.push(Value::unknown(symbol.clone(), span));
                    self.apply(cx, call, &arguments, span)
                }
                Some(Kind::Unknown(symbol)) => Ok(self.depends(cx, span, symbol)),
                _ => fail("only a list can be expanded into arguments", span),
            }
        })
    }

    fn apply(&self, cx: Cx<'_, 'a>, call: &Call, arguments: &[Value], span: Span) -> Eval {
        let value = self.function(cx, &call.name, arguments, span).map_err(|error| {
            let at = error
                .argument
                .and_then(|i| call.arguments.get(i))
                .map_or(span, |e| e.span);
            Failure {
                message: format!("`{}`: {}", call.name, error.message),
                span: at,
                limit: false,
            }
        })?;
        match &value.kind {
            Kind::List(l) if l.items.len() > limits::ELEMENTS => limit("this list has too many elements", span),
            Kind::Text(t) => self.charge(t.flat_len() / BYTES_PER_STEP, span).map(|()| value),
            Kind::List(l) => self.charge(l.items.len(), span).map(|()| value),
            Kind::Map(m) => self.charge(m.entries.len(), span).map(|()| value),
            _ => Ok(value),
        }
    }

    fn function(&self, cx: Cx<'_, 'a>, name: &str, arguments: &[Value], span: Span) -> Result<Value, FnError> {
        let render = |text: &Text, variables: &Map| self.render(cx, text, variables, span);
        let env = Env {
            sources: self.world.sources,
            module_dir: &cx.module.module.dir,
            root_dir: &self.root,
            render: &render,
        };
        functions::call(name, arguments, span, &env)
    }

    /// What data sources compute from their own arguments as a function does: the attribute, and its value.
    pub(crate) fn computed_by_function(
        &self,
        cx: Cx<'_, 'a>,
        kind: &str,
        body: &Value,
        span: Span,
    ) -> Option<(&'static str, Value)> {
        let (name, function, arguments) = match kind {
            "template_file" => {
                let none = || Value::map([], span);
                let variables = body.get("vars").cloned().unwrap_or_else(none);
                let template = body.get("template")?.clone();
                ("rendered", "templatestring", vec![template, variables])
            }
            "local_file" => ("content", "file", vec![body.get("filename")?.clone()]),
            _ => return None,
        };
        let result = self.function(cx, function, &arguments, span);
        let result = result.map_err(|error| Failure {
            message: error.message,
            span,
            limit: false,
        });
        Some((name, self.settle(cx, result, span)))
    }

    fn strictly(&self, evaluate: impl FnOnce() -> Eval) -> Eval {
        let before = self.strict.replace(true);
        let result = evaluate();
        self.strict.set(before);
        result
    }

    fn try_each(&self, cx: Cx<'_, 'a>, arguments: &[Expr], span: Span) -> Eval {
        let mut last = None;
        for argument in arguments {
            match self.eval(cx, argument) {
                Err(failure) if !failure.limit => last = Some(failure),
                result => return result,
            }
        }
        Err(last.unwrap_or_else(|| Failure {
            message: "`try` needs an argument".into(),
            span,
            limit: false,
        }))
    }

    fn can(&self, cx: Cx<'_, 'a>, arguments: &[Expr], span: Span) -> Eval {
        let [argument] = arguments else {
            return fail("`can` takes one argument", span);
        };
        match self.eval(cx, argument) {
            Err(failure) if failure.limit => Err(failure),
            Err(_) => Ok(Value::bool(false, span)),
            Ok(value) => match value.kind {
                Kind::Unknown(symbol) => Ok(self.depends(cx, span, &symbol)),
                _ => Ok(Value::bool(true, span)),
            },
        }
    }

    /// Renders a template with variables, as `templatefile` does.
    fn render(&self, cx: Cx<'_, 'a>, text: &Text, variables: &Map, call: Span) -> Result<Value, FnError> {
        let error = |message: String| FnError {
            message,
            argument: None,
        };
        let expr = read_template(text).map_err(|d| {
            let message = d.headline.clone();
            self.say(d);
            error(message)
        })?;
        let names: Vec<(&str, &Value)> = variables.iter().filter_map(|(k, v)| Some((k.as_str()?, v))).collect();
        self.bound(cx, &names, call.start as usize, &expr).map_err(|failure| {
            self.say_failure(&failure);
            error(failure.message)
        })
    }

    /// The value of an expression with names bound; one frame per name, each on the stack.
    fn bound(&self, cx: Cx<'_, 'a>, names: &[(&str, &Value)], turn: usize, expr: &Expr) -> Eval {
        let Some(((name, value), rest)) = names.split_first() else {
            return self.eval(cx, expr);
        };
        let frame = Frame {
            name,
            value: Value::clone(value),
            turn,
            outer: cx.frame,
        };
        self.deeper(expr.span, || self.bound(cx.within(&frame), rest, turn, expr))
    }
}
