//! What the programs print, as problems with a place.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ProblemLevel)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It will not work.
    Error,
    /// It will hardly do what was meant.
    Warning,
    /// It may not.
    Info,
    /// It could be said better.
    Style,
}

/// Something a person should look at. Lines and columns count from 1; the end is behind the last letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where it begins.
    pub line: u64,
    /// Where it begins.
    pub column: u64,
    /// Where it ends.
    pub end_line: u64,
    /// Where it ends; 0: with its line.
    pub end_column: u64,
    /// How bad it is.
    pub level: Level,
    /// What the program calls it; `SC2086`.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Who says so.
    pub by: &'static str,
}

/// `/dev/stdin: line 3: syntax error near unexpected token `fi'`, followed by the line itself.
pub(super) fn of_bash(said: &[u8], text: &str) -> Vec<Problem> {
    let lines = u64::try_from(text.lines().count()).unwrap_or(u64::MAX).max(1);
    let said = String::from_utf8_lossy(said);
    let complaint = |line: &str| {
        let (number, message) = line.strip_prefix("/dev/stdin: line ")?.split_once(": ")?;
        // The second line of a complaint only repeats what stands there.
        let echo = message.starts_with('`') && message.ends_with('\'');
        // The end of the file is behind its last line.
        let line = number.parse().ok().filter(|_| !echo).map(|number: u64| number.clamp(1, lines))?;
        Some(Problem {
            line,
            column: 1,
            end_line: line,
            end_column: 0,
            level: if message.starts_with("warning: ") { Level::Warning } else { Level::Error },
            code: None,
            message: message.to_owned(),
            by: "bash",
        })
    };
    said.lines().filter_map(complaint).collect()
}

/// shellcheck's `json1`: a tab counts as one column.
pub(super) fn of_shellcheck(said: &[u8]) -> Result<Vec<Problem>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Answer {
        comments: Vec<Comment>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Comment {
        line: u64,
        end_line: u64,
        column: u64,
        end_column: u64,
        level: Level,
        code: u32,
        message: String,
    }
    let answer: Answer = serde_json::from_slice(said)?;
    let problem = |comment: Comment| Problem {
        line: comment.line,
        column: comment.column,
        end_line: comment.end_line,
        end_column: comment.end_column,
        level: comment.level,
        code: Some(format!("SC{:04}", comment.code)),
        message: comment.message,
        by: "shellcheck",
    };
    Ok(answer.comments.into_iter().map(problem).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_names_the_line() {
        let said = b"/dev/stdin: line 2: syntax error near unexpected token `fi'\n/dev/stdin: line 2: `fi'\n\
            /dev/stdin: line 9: warning: here-document at line 1 delimited by end-of-file (wanted `X')\n\
            bash: something without a place\n";
        let problems = of_bash(said, "a\nfi\n");
        let told: Vec<_> = problems.iter().map(|one| (one.line, one.level, one.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (2, Level::Error, "syntax error near unexpected token `fi'"),
                (2, Level::Warning, "warning: here-document at line 1 delimited by end-of-file (wanted `X')"),
            ]
        );
        assert_eq!(of_bash(b"", ""), []);
    }

    #[test]
    fn shellcheck_names_the_place() {
        // As version 0.9.0 prints it.
        let said =
            br#"{"comments":[{"file":"-","line":2,"endLine":2,"column":6,"endColumn":8,"level":"info","code":2086,
            "message":"Double quote to prevent globbing and word splitting.","fix":{"replacements":[]}}]}"#;
        let [problem] = of_shellcheck(said).unwrap().try_into().unwrap();
        assert_eq!((problem.line, problem.column, problem.end_column), (2, 6, 8));
        assert_eq!((problem.level, problem.code.as_deref(), problem.by), (Level::Info, Some("SC2086"), "shellcheck"));
        assert!(of_shellcheck(b"Segmentation fault").is_err());
    }
}
