//! What a server answers, and what a refusal means for whoever asked.

use http::StatusCode;
use http::header::LOCATION;
use reqwest::Response;
use serde_json::Value;

use super::Failed;

/// Names the job that goes on behind an answer.
const JOB: &str = "x-aikore-job";

/// The answer to a call that did what it should.
#[derive(Debug)]
pub(in crate::cli) struct Answer {
    /// Its body; null where there is none.
    pub(in crate::cli) value: Value,
    /// The job it began.
    pub(in crate::cli) job: Option<String>,
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    location: Option<String>,
    job: Option<String>,
    body: Vec<u8>,
}

pub(super) async fn read(response: Response) -> Result<Reply, reqwest::Error> {
    let field = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, location, job) = (response.status(), field(LOCATION.as_str()), field(JOB));
    Ok(Reply { status, location, job, body: response.bytes().await?.to_vec() })
}

impl Reply {
    /// What it says, or why it is a refusal.
    pub(super) fn into_answer(self, has_token: bool) -> Result<Answer, Failed> {
        let Self { status, location, job, body } = self;
        let value = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice::<Value>(&body) };
        match value {
            Ok(value) if status.is_success() => Ok(Answer { value, job }),
            Err(_) if status.is_success() => Err(Failed::failure("what answers there is no AiKore")),
            value => {
                let said = value.ok().filter(|value| value.get("detail").is_some());
                Err(refusal(status, location.as_deref(), has_token, said))
            }
        }
    }
}

/// A refusal in one sentence with what to do.
pub(super) fn refusal(status: StatusCode, location: Option<&str>, has_token: bool, said: Option<Value>) -> Failed {
    let detail = said.as_ref().and_then(|said| said.get("detail")).and_then(Value::as_str).map(str::to_owned);
    let why = match (status, location) {
        (StatusCode::UNAUTHORIZED, _) if has_token => {
            "the server does not know this token: it may have been revoked. Make one in the dashboard, or by \
             `aikore token create` on its machine"
                .to_owned()
        }
        (StatusCode::UNAUTHORIZED, _) => {
            "the server wants a token: make one in the dashboard, or by `aikore token create` on its machine, and set \
             AIKORE_TOKEN"
                .to_owned()
        }
        (StatusCode::FORBIDDEN, _) => {
            let detail = detail.unwrap_or_else(|| "The token may not do this.".to_owned());
            format!("{detail} A token of the scope `manage` may do everything")
        }
        (status, Some(location)) if status.is_redirection() => {
            format!("the server sends us to {location}: name that address with --url")
        }
        (status, _) => detail.unwrap_or_else(|| format!("the server answered {status}")),
    };
    Failed::refused(status, why, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let reply = |status, location: Option<&str>, body: &str| {
            let location = location.map(str::to_owned);
            Reply { status, location, job: None, body: body.as_bytes().to_vec() }
        };
        for (status, location, body, has_token, code, said) in [
            (StatusCode::UNAUTHORIZED, None, r#"{"detail":"Log in first."}"#, false, 5, "AIKORE_TOKEN"),
            (StatusCode::UNAUTHORIZED, None, r#"{"detail":"Log in first."}"#, true, 5, "revoked"),
            (StatusCode::FORBIDDEN, None, r#"{"detail":"Only to read."}"#, true, 5, "Only to read. A token"),
            (StatusCode::NOT_FOUND, None, r#"{"detail":"There is no job x."}"#, true, 3, "There is no job x."),
            (StatusCode::CONFLICT, None, r#"{"detail":"It runs."}"#, true, 1, "It runs."),
            (StatusCode::BAD_GATEWAY, None, "<html>", true, 1, "502"),
            (StatusCode::PERMANENT_REDIRECT, Some("https://a/"), "", true, 1, "https://a/"),
            (StatusCode::OK, None, "<html>", true, 1, "no AiKore"),
        ] {
            let failed = reply(status, location, body).into_answer(has_token).unwrap_err();
            assert!(failed.code == code && failed.why.contains(said), "{failed:?}");
        }
        let refused = reply(StatusCode::CONFLICT, None, r#"{"detail":"It runs.","field":"name"}"#);
        let failed = refused.into_answer(true).unwrap_err();
        assert_eq!(failed.as_json()["field"], "name", "programs get all of it");
        let answer = reply(StatusCode::NO_CONTENT, None, "").into_answer(false).unwrap();
        assert_eq!(answer.value, Value::Null);
    }
}
