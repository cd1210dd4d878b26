//! Who makes a request, and what they may do.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::known::{Session, Token};
use super::need::Need;
use crate::domain::{Access, InstanceId, Scope};

/// Who makes a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// There is no login (AIKORE_AUTH=none).
    Anyone,
    /// The user of this server on this machine, by the admin socket.
    Local,
    /// Somebody who logged in.
    Session(Arc<Session>),
    /// Somebody an outer proxy logged in, by its word.
    Proxied(Arc<str>),
    /// A program.
    Token(Arc<Token>),
    /// Somebody with a pass to one instance, and on whose account.
    Pass(InstanceId, Arc<Caller>),
    /// Nobody known.
    Nobody,
}

impl Caller {
    /// Whether they may make such a call of the panel.
    pub fn may(&self, need: Need) -> bool {
        match self {
            Self::Anyone | Self::Local | Self::Session(_) | Self::Proxied(_) => true,
            Self::Token(token) => token.scopes.iter().any(|scope| covers(*scope, need)),
            // As much as its holder, and of this instance alone.
            Self::Pass(of, holder) => match need {
                Need::Nothing => true,
                Need::Ask(instance) | Need::Control(instance) => instance == *of && holder.may(need),
                _ => false,
            },
            Self::Nobody => need == Need::Nothing,
        }
    }

    /// Whether they may open an instance.
    pub fn may_open(&self, instance: InstanceId, access: Access) -> bool {
        access == Access::Public
            || match self {
                Self::Token(token) => token.may_open(instance, access),
                Self::Pass(of, _) => *of == instance,
                Self::Nobody => false,
                Self::Anyone | Self::Local | Self::Session(_) | Self::Proxied(_) => true,
            }
    }

    /// Whether they may look at an instance's desktop, and not touch it: by a link or token for that and nothing more.
    pub fn only_looks(&self, instance: InstanceId) -> bool {
        match self {
            Self::Token(token) => !token.scopes.iter().any(|scope| match scope {
                Scope::Manage => true,
                Scope::Instance(of) => *of == instance,
                Scope::View(_) | Scope::Read => false,
            }),
            Self::Pass(_, holder) => holder.only_looks(instance),
            Self::Anyone | Self::Local | Self::Session(_) | Self::Proxied(_) => false,
            Self::Nobody => true,
        }
    }

    /// Whether it is somebody.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Cancelled when they are let in no more; `None` for who always is.
    pub fn ended(&self) -> Option<&CancellationToken> {
        match self {
            Self::Session(session) => Some(&session.ended),
            Self::Token(token) => Some(&token.ended),
            Self::Pass(_, holder) => holder.ended(),
            Self::Anyone | Self::Local | Self::Proxied(_) | Self::Nobody => None,
        }
    }

    /// What the audit calls them.
    pub fn name(&self) -> String {
        match self {
            Self::Anyone => "anyone (no login)".to_owned(),
            Self::Local => "this machine".to_owned(),
            Self::Session(session) => format!("session {}", session.id),
            Self::Proxied(user) => format!("user {user}"),
            Self::Token(token) => format!("token {}", token.name),
            Self::Pass(_, holder) => format!("pass of {}", holder.name()),
            Self::Nobody => "nobody".to_owned(),
        }
    }
}

impl Token {
    pub(super) fn may_open(&self, instance: InstanceId, access: Access) -> bool {
        self.scopes.iter().any(|scope| match scope {
            Scope::Manage => true,
            Scope::Instance(of) => *of == instance,
            // A private instance is for those who may open the dashboard.
            Scope::View(of) => *of == instance && access != Access::Private,
            Scope::Read => false,
        })
    }
}

fn covers(scope: Scope, need: Need) -> bool {
    match (scope, need) {
        (Scope::Manage, _) | (_, Need::Nothing | Need::BeKnown) => true,
        (Scope::Read, Need::Read | Need::AskSome | Need::Ask(_)) => true,
        (Scope::Instance(_), Need::AskSome) => true,
        (Scope::Instance(of), Need::Ask(instance) | Need::Control(instance)) => of == instance,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scopes_cover() {
        use Need::{Ask, AskSome, BeKnown, Control, Manage, Nothing, Read};
        let all = [Nothing, BeKnown, Read, AskSome, Ask(1), Ask(2), Control(1), Control(2), Manage];
        for (scope, covered) in [
            (Scope::Manage, &all[..]),
            (Scope::Read, &[Nothing, BeKnown, Read, AskSome, Ask(1), Ask(2)]),
            (Scope::Instance(1), &[Nothing, BeKnown, AskSome, Ask(1), Control(1)]),
            (Scope::View(1), &[Nothing, BeKnown]),
        ] {
            let may: Vec<Need> = all.into_iter().filter(|need| covers(scope, *need)).collect();
            assert_eq!(may, covered, "{scope}");
        }
        assert!(Caller::Nobody.may(Nothing) && !Caller::Nobody.may(BeKnown));
        let pass = |holder| Caller::Pass(1, Arc::new(holder));
        let full = pass(Caller::Local);
        assert!(full.may_open(1, Access::Private) && !full.may_open(2, Access::Token) && !full.may(Read));
        assert!(full.may(Control(1)) && !full.may(Control(2)) && !full.may(Manage));
        assert!(!pass(Caller::Nobody).may(Control(1)), "no more than its holder");
        assert!(Caller::Nobody.may_open(1, Access::Public) && !Caller::Nobody.may_open(1, Access::Token));
    }
}
