//! The operating system's randomness.

use liitos_service::ports::Randomness;

/// Gives random bytes fit for secrets.
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the port's real end")]
        let filled = aws_lc_rs::rand::fill(buffer);
        // Without randomness no secret may be made: aws-lc itself ends the process rather than return here.
        debug_assert!(filled.is_ok());
    }
}
