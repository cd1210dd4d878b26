//! The order of the list and its groups: everybody sees the same one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Instances;
use super::error::Error;
use crate::domain::{GroupLabel, Instance, InstanceId};

/// A new order of the list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct Arrange {
    /// Instances in their order. Those that are not named follow in the order they have; those that are gone are left out:
    /// somebody may have deleted one while it was dragged.
    pub ids: Vec<InstanceId>,
    /// The groups of those that change theirs; null is none. Satellites go with their parents.
    #[serde(default)]
    pub groups: BTreeMap<InstanceId, Option<String>>,
}

impl Instances {
    /// Sets the order of the list, in one write.
    ///
    /// # Errors
    /// An instance is named twice, a label is invalid, or a satellite shall leave its parent. Nothing changed then.
    pub async fn arrange(&self, wanted: Arrange) -> Result<(), Error> {
        let ids: BTreeSet<_> = wanted.ids.iter().copied().collect();
        if ids.len() != wanted.ids.len() {
            return Err(Error::Invalid { field: "ids", why: "An instance is named twice in the order.".to_owned() });
        }
        let mut groups = BTreeMap::new();
        for (id, label) in &wanted.groups {
            let label = label.as_deref().filter(|label| !label.trim().is_empty());
            groups.insert(*id, label.map(GroupLabel::parse).transpose().map_err(Error::invalid("groups"))?);
        }
        self.inner.roster.decide_many(|all| place(all, wanted.ids, &ids, &groups)).await
    }
}

fn place(
    all: &mut BTreeMap<InstanceId, Instance>,
    mut order: Vec<InstanceId>,
    named: &BTreeSet<InstanceId>,
    groups: &BTreeMap<InstanceId, Option<GroupLabel>>,
) -> Result<(), Error> {
    let mut others: Vec<_> = all.values().filter(|one| !named.contains(&one.id)).collect();
    others.sort_by_key(|one| (one.chosen.order, one.id));
    order.extend(others.into_iter().map(|one| one.id));
    let mut places = 1..;
    for id in order {
        if let Some(instance) = all.get_mut(&id)
            && let Some(place) = places.next()
        {
            instance.chosen.order = place;
        }
    }
    for (id, label) in groups {
        let Some(instance) = all.get_mut(id) else { continue };
        if instance.chosen.parent_instance_id.is_some() {
            let why = "A satellite stands in its parent's group. Move the parent.".to_owned();
            return Err(Error::Refused { field: "groups", why });
        }
        instance.chosen.group.clone_from(label);
    }
    for instance in all.values_mut() {
        if let Some(Some(label)) = instance.chosen.parent_instance_id.map(|parent| groups.get(&parent)) {
            instance.chosen.group.clone_from(label);
        }
    }
    Ok(())
}
