//! The routes and their description, in one table: a route is added with what `#[utoipa::path]` says of its handlers, under the
//! path that stands here and nowhere else. So nothing is answered that is not described, and nothing described that is not
//! answered. What belongs to no API (pages, files) is added as `plain`, by name.

mod finish;
mod words;

use axum::Router;
use axum::routing::MethodRouter;
use serde_json::Value;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Paths, RefOr};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::Panel;
use super::answers::Detail;

pub(super) use finish::finished;

/// Routes, and what they are described by. There is no `route`: see above.
#[derive(Default)]
pub(super) struct Routes {
    router: Router<Panel>,
    table: Table,
}

/// Paths with what is said of them, and schemas by name.
type Raw<'t> = (Vec<(&'t str, Value)>, serde_json::Map<String, Value>);

/// What is known of the routes.
#[derive(Default)]
pub(super) struct Table {
    paths: Vec<(String, Paths)>,
    schemas: Vec<(String, RefOr<Schema>)>,
    plain: Vec<String>,
}

impl Routes {
    /// Handlers at a path: `at("/jobs", routes!(jobs::list))`. Their descriptions leave the path out (`path = ""`).
    pub(super) fn at(mut self, path: &str, (schemas, paths, methods): UtoipaMethodRouter<Panel>) -> Self {
        self.router = self.router.route(path, methods);
        self.table.paths.push((path.to_owned(), paths));
        self.table.schemas.extend(schemas);
        self
    }

    /// What is no call of the API: a page, a file of the dashboard, the second spelling of a path.
    pub(super) fn plain(mut self, path: &str, methods: MethodRouter<Panel>) -> Self {
        self.router = self.router.route(path, methods);
        self.table.plain.push(path.to_owned());
        self
    }

    /// More routes.
    pub(super) fn merge(self, Self { router, table }: Self) -> Self {
        Self { router: self.router.merge(router), table: self.table.with("", table) }
    }

    /// More routes, below a path.
    pub(super) fn nest(self, prefix: &str, Self { router, table }: Self) -> Self {
        Self { router: self.router.nest(prefix, router), table: self.table.with(prefix, table) }
    }

    /// Puts something around all of them.
    pub(super) fn map(self, around: impl FnOnce(Router<Panel>) -> Router<Panel>) -> Self {
        Self { router: around(self.router), ..self }
    }

    /// What answers, and what it is described by.
    pub(super) fn parts(self) -> (Router<Panel>, Table) {
        (self.router, self.table)
    }
}

impl Table {
    fn with(mut self, prefix: &str, other: Self) -> Self {
        let below = |path: String| format!("{prefix}{path}");
        self.paths.extend(other.paths.into_iter().map(|(path, what)| (below(path), what)));
        self.plain.extend(other.plain.into_iter().map(below));
        self.schemas.extend(other.schemas);
        self
    }

    /// The paths as handlers describe them, and the schemas they name. An error is a sentence for who has added a schema.
    fn raw(&self) -> Result<Raw<'_>, String> {
        let json =
            |what: serde_json::Result<Value>| what.map_err(|error| format!("The description is no JSON: {error}."));
        let mut paths = Vec::new();
        for (path, described) in &self.paths {
            for item in described.paths.values() {
                paths.push((path.as_str(), json(serde_json::to_value(item))?));
            }
        }
        // What every error is; the handlers leave it out.
        let mut errors = vec![(Detail::name().into_owned(), Detail::schema())];
        Detail::schemas(&mut errors);
        let mut schemas = serde_json::Map::new();
        for (name, schema) in self.schemas.iter().chain(&errors) {
            let schema = json(serde_json::to_value(schema))?;
            if schemas.get(name).is_some_and(|other| *other != schema) {
                return Err(format!("Two types are called {name}: give one another name, #[schema(as = …)]."));
            }
            schemas.insert(name.clone(), schema);
        }
        Ok((paths, schemas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is answered is described, since there is no other way to add a route; what is exempt is named here.
    #[test]
    fn what_is_not_described_is_no_call_of_the_api() {
        let (_, table) = super::super::routes().parts();
        let known = [
            "/api/instances/",
            "/api/builder",
            "/api/builder/{*rest}",
            "/",
            "/login",
            "/setup",
            "/favicon.ico",
            "/api/docs",
            "/.aikore/assets/{*path}",
        ];
        for path in &table.plain {
            assert!(
                known.contains(&path.as_str()),
                "{path} is answered and not described. Give its handler #[utoipa::path(…)] and add it with at(\"…\", routes!(…)); \
                 if it is a page or a file and no call, name it here."
            );
        }
        assert_eq!(table.plain.len(), known.len(), "{:?}", table.plain);
    }

    #[test]
    fn every_call_says_what_it_is() {
        let (_, table) = super::super::routes().parts();
        let whole = finished(&table, "/").unwrap();
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, call) in item.as_object().unwrap() {
                let here = format!("{method} {path}");
                assert!(call["summary"].as_str().is_some_and(|text| text.len() > 4), "{here}: no summary");
                assert!(
                    call["description"].as_str().is_some_and(|text| text.split("\n\n").count() > 1),
                    "{here}: the doc comment of its handler needs a second paragraph: when to make the call, and what comes of it"
                );
                assert!(call["tags"][0].is_string(), "{here}: no area in words.rs");
                let answers = call["responses"].as_object().unwrap();
                assert!(answers.keys().any(|status| status.as_str() < "400"), "{here}: no answer that is a success");
                for (status, answer) in answers {
                    assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{here}: {status}");
                }
                for parameter in call["parameters"].as_array().into_iter().flatten() {
                    let name = &parameter["name"];
                    assert!(parameter["description"].is_string(), "{here}: what is {name}?");
                }
            }
        }
    }
}
