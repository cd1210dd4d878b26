//! What an instance has made, to be looked at.

use std::fs::{File, Metadata};
use std::path::PathBuf;

use tokio::sync::mpsc;

use super::Instances;
use super::error::Error;
use super::places::Place;
use crate::domain::{FolderPath, InstanceId};
use crate::outputs::{About, Page, Piece, Question, Side, Thumbnail};

impl Instances {
    /// A page of what an instance has made; `None` if nothing has changed since the list the asker knows.
    ///
    /// # Errors
    /// There is no such instance, or its folder can't be read.
    pub async fn outputs(&self, id: InstanceId, question: Question) -> Result<Option<Page>, Error> {
        let place = self.output_place(id)?;
        Ok(self.inner.gallery.page(place, question).await?)
    }

    /// A file that an instance has made, opened.
    ///
    /// # Errors
    /// There is no such instance or file, or it leads out of the folder.
    pub async fn output_file(&self, id: InstanceId, path: FolderPath) -> Result<(File, Metadata), Error> {
        let place = self.output_place(id)?;
        Ok(self.inner.gallery.open(place, path).await?)
    }

    /// What there is to say about it.
    ///
    /// # Errors
    /// As for opening it.
    pub async fn output_about(&self, id: InstanceId, path: FolderPath) -> Result<About, Error> {
        let place = self.output_place(id)?;
        Ok(self.inner.gallery.about(place, path).await?)
    }

    /// A small picture of it.
    ///
    /// # Errors
    /// As for opening it; it is no picture, or too large.
    pub async fn output_thumbnail(&self, id: InstanceId, path: FolderPath, side: Side) -> Result<Thumbnail, Error> {
        let place = self.output_place(id)?;
        Ok(self.inner.gallery.thumbnail(place, path, side).await?)
    }

    /// Remembers files for an archive: its ticket, and how many bytes there are.
    ///
    /// # Errors
    /// One of them can't be had.
    pub async fn pick_outputs(&self, id: InstanceId, paths: Vec<FolderPath>) -> Result<(String, u64), Error> {
        let place = self.output_place(id)?;
        Ok(self.inner.gallery.pick(place, paths).await?)
    }

    /// The archive of a ticket, piece by piece.
    ///
    /// # Errors
    /// There is no such ticket, or too many archives are under way.
    pub fn output_archive(&self, id: InstanceId, ticket: &str) -> Result<mpsc::Receiver<Piece>, Error> {
        Ok(self.inner.gallery.archive(&self.output_place(id)?, ticket)?)
    }

    fn output_place(&self, id: InstanceId) -> Result<PathBuf, Error> {
        Ok(self.find_place(Place::Outputs(id))?.path)
    }
}
