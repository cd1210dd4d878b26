//! Public ports: allocated under one lock, and the operating system is asked too (earlier-defects.md 14).

use std::net::{Ipv4Addr, TcpListener};

use super::error::Error;
use super::{Inner, Instances};
use crate::domain::{InstanceId, Port};

impl Instances {
    /// The ports of the pool that a new instance could have, ascending.
    pub fn available_ports(&self) -> Vec<Port> {
        self.inner.setup.pool.iter().filter(|port| self.inner.is_available(*port)).collect()
    }
}

impl Inner {
    /// The port asked for, or the lowest free one. `owner` is the instance it is for, if it exists already. Call it
    /// under the allocation lock.
    pub(super) fn allocate_public_port(&self, wanted: Option<Port>, owner: Option<InstanceId>) -> Result<Port, Error> {
        let Some(port) = wanted else {
            return self.setup.pool.iter().find(|port| self.is_available(*port)).ok_or(Error::PoolEmpty);
        };
        if !self.setup.pool.contains(port) {
            return Err(Error::Refused {
                field: "port",
                why: format!("Selected port {port} is not within the allowed range {}.", self.setup.pool),
            });
        }
        if let Some(holder) = self.holder(port).filter(|holder| Some(holder.id) != owner) {
            return Err(Error::taken(
                "port",
                format!("Port {port} is already in use by instance '{}'.", holder.chosen.name),
            ));
        }
        if !is_free(port) || self.setup.reserved.contains(&port) {
            return Err(Error::taken("port", format!("Port {port} is in use by another program of this machine.")));
        }
        Ok(port)
    }

    fn is_available(&self, port: Port) -> bool {
        self.holder(port).is_none() && !self.setup.reserved.contains(&port) && is_free(port)
    }

    fn holder(&self, port: Port) -> Option<std::sync::Arc<crate::domain::Instance>> {
        self.roster.list().into_iter().find(|instance| instance.chosen.public_port() == Some(port))
    }
}

/// A port that an instance has just left is closed within a moment: then it is asked for again.
fn is_free(port: Port) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port.get())).is_ok()
}
