//! Tokens: made, listed, revoked.

use std::sync::Arc;

use super::{Login, LoginError, now};
use crate::auth::known::Token;
use crate::auth::secret::Secret;
use crate::domain::Scope;
use crate::store::StoredToken;

/// Tokens a person can still tell apart.
const MOST_TOKENS: usize = 500;

impl Login {
    /// The tokens, by name.
    pub fn tokens(&self) -> Vec<Arc<Token>> {
        self.inner.known.load().tokens()
    }

    /// Makes a token; its text is known to whoever gets it from here and to nobody else.
    ///
    /// # Errors
    /// The name is taken.
    pub async fn make_token(&self, name: String, scopes: Vec<Scope>) -> Result<(i64, Secret), LoginError> {
        let _changing = self.inner.changing.lock().await;
        if self.tokens().len() >= MOST_TOKENS {
            let why = format!("There are {MOST_TOKENS} tokens already. Revoke those that nobody uses.");
            return Err(LoginError::Invalid("name", why));
        }
        let secret = Secret::token()?;
        let mut token =
            StoredToken { id: 0, name, secret: secret.digest(), scopes, created_at: now(), last_used: None };
        token.id = self.inner.store.insert_token(token.clone()).await?;
        let id = token.id;
        self.change(|known| known.add_token(token));
        Ok((id, secret))
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// There is none of this id.
    pub async fn revoke_token(&self, id: i64) -> Result<Arc<Token>, LoginError> {
        let _changing = self.inner.changing.lock().await;
        let token = self.tokens().into_iter().find(|token| token.id == id).ok_or(LoginError::Missing("token"))?;
        self.inner.store.delete_token(id).await?;
        self.change(|known| known.keep_tokens(|token| token.id != id));
        Ok(token)
    }
}
