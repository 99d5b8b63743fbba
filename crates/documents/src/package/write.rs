//! Writes a package, one document at a time.

use super::{
    FORMAT, LINES, MANIFEST, Manifest, ProvedUse, README, Record, SignedManifest, SwitchedRun, beginning, chained,
};
use liitos_domain::archive::Seal;
use liitos_domain::{Moment, Oid, Sha256Hash};
use std::io::{Error, Result, Write};

/// How a stranger verifies it, in the three languages.
const HOW: &str = "Rekisterin vienti. Tarkistus ilman palvelinta: liitos archive verify TIEDOSTO --key JULKINEN_AVAIN\n\
                   Export av ett register. Kontroll utan server: liitos archive verify FIL --key OFFENTLIG_NYCKEL\n\
                   A register, exported. To verify it without a server: liitos archive verify FILE --key PUBLIC_KEY\n\n\
                   documents/<id>.xml is each document as it was stored, documents/<id>.json what the archive knows of it.\n\
                   runs/ are the controller update runs by which documents came, with their reports (liitos controller-run verify);\n\
                   uses/ and seals/ are the use log of this register; manifest.json is signed with Ed25519 by the operator.\n";

/// Writes a package.
pub struct Writer<W: Write> {
    tar: tar::Builder<W>,
    contents: Sha256Hash,
    runs: u64,
    documents: u64,
    uses: u64,
    seals: u64,
    files: u64,
    waiting_uses: Vec<ProvedUse>,
    waiting_seals: Vec<Seal>,
}

impl<W: Write> Writer<W> {
    /// Begins.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn new(out: W) -> Result<Self> {
        let mut writer = Self {
            tar: tar::Builder::new(out),
            contents: beginning(),
            runs: 0,
            documents: 0,
            uses: 0,
            seals: 0,
            files: 0,
            waiting_uses: Vec::new(),
            waiting_seals: Vec::new(),
        };
        writer.file(README, HOW.as_bytes())?;
        Ok(writer)
    }

    fn file(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.contents = chained(&self.contents, name, content);
        self.raw(name, content)
    }

    fn raw(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        // The same register gives the same package, whoever writes it when.
        header.set_mode(0o644);
        header.set_mtime(0);
        self.tar.append_data(&mut header, name, content)
    }

    /// A run; before all documents, in the order of their switches.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn run(&mut self, run: &SwitchedRun) -> Result<()> {
        self.runs += 1;
        self.file(&format!("runs/{}.json", self.runs), &serde_json::to_vec(run)?)
    }

    /// A document; the versions of a set come one after the other.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn document(&mut self, record: &Record, body: &[u8]) -> Result<()> {
        self.documents += 1;
        self.file(&format!("documents/{}.json", record.id), &serde_json::to_vec(record)?)?;
        self.file(&format!("documents/{}.xml", record.id), body)
    }

    /// A line of the use log; after all seals.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn proved_use(&mut self, one: ProvedUse) -> Result<()> {
        self.write_seals()?;
        self.uses += 1;
        self.waiting_uses.push(one);
        if self.waiting_uses.len() >= LINES { self.write_uses() } else { Ok(()) }
    }

    fn write_uses(&mut self) -> Result<()> {
        let some = std::mem::take(&mut self.waiting_uses);
        if some.is_empty() {
            return Ok(());
        }
        self.files += 1;
        self.file(&format!("uses/{}.json", self.files), &serde_json::to_vec(&some)?)
    }

    /// A seal of the use log, each from the first; after all documents.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn seal(&mut self, seal: Seal) -> Result<()> {
        self.seals += 1;
        self.waiting_seals.push(seal);
        if self.waiting_seals.len() >= LINES { self.write_seals() } else { Ok(()) }
    }

    fn write_seals(&mut self) -> Result<()> {
        let some = std::mem::take(&mut self.waiting_seals);
        if some.is_empty() {
            return Ok(());
        }
        self.files += 1;
        self.file(&format!("seals/{}.json", self.files), &serde_json::to_vec(&some)?)
    }

    /// Ends with the manifest; what it says, and the place that was written to.
    ///
    /// # Errors
    /// As the place that is written to.
    pub fn finish(
        mut self,
        controller: &Oid,
        as_of: Moment,
        sign: impl FnOnce(&[u8]) -> String,
    ) -> Result<(Manifest, W)> {
        self.write_seals()?;
        self.write_uses()?;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            controller: controller.clone(),
            as_of,
            runs: self.runs,
            documents: self.documents,
            uses: self.uses,
            seals: self.seals,
            contents: self.contents,
        };
        let text = serde_json::to_string(&manifest)?;
        let signature = sign(text.as_bytes());
        let signed = serde_json::to_vec(&SignedManifest { manifest: text, signature }).map_err(Error::from)?;
        self.raw(MANIFEST, &signed)?;
        Ok((manifest, self.tar.into_inner()?))
    }
}
