//! Issuers and revocation lists as an installation keeps them: in files that others renew beside us.

use crate::pem::certificates;
use crate::{ChainError, PemError, RevocationError, Trust, TrustAnchors};
use liitos_domain::Oid;
use std::path::{Path, PathBuf};

/// The files that say whom one trusts.
#[derive(Clone, Copy, Debug)]
pub struct TrustFiles<'f> {
    /// Issuers: each file PEM with one certificate or many, or one in DER.
    pub issuers: &'f [PathBuf],
    /// Their revocation lists, in DER.
    pub revocation_lists: &'f [PathBuf],
    /// Certificate policies one of which a path must be valid under; none: whatever it has will do.
    pub policies: &'f [Oid],
}

/// A file that could not be taken, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct FileFault {
    /// Which file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What is wrong with a file of issuers or a revocation list.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// Its bytes cannot be had.
    #[error(transparent)]
    Source(#[from] std::io::Error),
    /// It gives no certificates.
    #[error(transparent)]
    Certificates(#[from] PemError),
    /// Its certificates are not issuers that can be trusted.
    #[error(transparent)]
    Issuer(#[from] ChainError),
    /// It is no revocation list that can be taken.
    #[error(transparent)]
    List(#[from] RevocationError),
}

impl TrustFiles<'_> {
    /// Trust at the start: every file must hold.
    ///
    /// # Errors
    /// The first file that does not.
    pub fn load(&self) -> Result<Trust, FileFault> {
        let (trust, faults) = self.renew(&Trust::default())?;
        faults.into_iter().next().map_or(Ok(trust), Err)
    }

    /// Trust while a process runs: issuers as they are now; of a list that cannot be taken, the one `held` stays until its
    /// next update. Says which lists were not taken.
    ///
    /// # Errors
    /// A file of issuers that cannot be taken; then everything should stay as it is.
    pub fn renew(&self, held: &Trust) -> Result<(Trust, Vec<FileFault>), FileFault> {
        let mut anchors = TrustAnchors::default();
        for file in self.issuers {
            let found = certificates(&read(file)?).map_err(|error| fault(file, error))?;
            anchors.add(found).map_err(|error| fault(file, error))?;
        }
        anchors.demand(self.policies);
        let (mut lists, mut files, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for file in self.revocation_lists {
            match read(file) {
                Ok(list) => {
                    lists.push(list);
                    files.push(file);
                }
                Err(unread) => faults.push(unread),
            }
        }
        let (trust, refused) = held.renewed(anchors, &lists);
        faults.extend(refused.into_iter().filter_map(|(place, error)| Some(fault(files.get(place)?, error))));
        Ok((trust, faults))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, FileFault> {
    std::fs::read(file).map_err(|error| fault(file, error))
}

fn fault(file: &Path, problem: impl Into<FileProblem>) -> FileFault {
    FileFault { file: file.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};
    use crate::{Certificate, Revocation};
    use liitos_domain::Moment;

    #[test]
    fn a_file_that_does_not_hold_is_named() {
        let now = Moment::parse("2026-11-22").unwrap();
        let folder = std::env::temp_dir().join(format!("liitos-trust-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Authority::create("One", now).unwrap();
        let issued = authority.issue(&Profile::server("1.2.246.10.1.10.0.13.1", "a.test"), now).unwrap();
        let certificate = Certificate::parse(&issued.certificate_der).unwrap();
        let [pem, list, broken, gone] =
            ["issuers.pem", "one.crl", "broken.crl", "gone.crl"].map(|name| folder.join(name));
        std::fs::write(&pem, authority.certificate_pem()).unwrap();
        std::fs::write(&list, authority.revocation_list(&[], now).unwrap()).unwrap();
        std::fs::write(&broken, b"broken").unwrap();

        let issuers = [pem.clone()];
        let with = |lists: &[PathBuf]| TrustFiles { issuers: &issuers, revocation_lists: lists, policies: &[] }.load();
        let trust = with(std::slice::from_ref(&list)).unwrap();
        assert_eq!(trust.revoked.status(&certificate, now), Revocation::Good);
        assert_eq!(with(&[list.clone(), broken.clone()]).unwrap_err().file, broken);
        assert_eq!(with(&[gone.clone(), list.clone()]).unwrap_err().file, gone);
        assert_eq!(
            TrustFiles { issuers: std::slice::from_ref(&gone), revocation_lists: &[], policies: &[] }
                .load()
                .unwrap_err()
                .file,
            gone
        );

        // While the process runs, the list held stays; both faults are told, each with its file.
        let lists = [gone.clone(), broken.clone()];
        let (renewed, faults) =
            TrustFiles { issuers: &issuers, revocation_lists: &lists, policies: &[] }.renew(&trust).unwrap();
        assert_eq!(renewed.revoked.status(&certificate, now), Revocation::Good);
        assert_eq!(faults.iter().map(|fault| &fault.file).collect::<Vec<_>>(), [&gone, &broken]);
        std::fs::write(&pem, b"-----BEGIN nothing").unwrap();
        assert!(
            TrustFiles { issuers: &issuers, revocation_lists: &lists, policies: &[] }
                .renew(&trust)
                .unwrap_err()
                .to_string()
                .contains("issuers.pem")
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
