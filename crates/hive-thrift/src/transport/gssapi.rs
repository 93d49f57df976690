//! SASL with the mechanism GSSAPI, that is Kerberos ([RFC 4752](https://www.rfc-editor.org/rfc/rfc4752)).

use super::sasl::{FrameProtection, Negotiation, Progress};
use super::{SaslConnection, Stream};
use crate::error::{Error, ErrorKind, Result};
use crate::host::Host;
use crate::kerberos::{Context, Kerberos, Mechanism, Protection};

/// The longest protected frame that we take; three bytes tell it.
const MAX_FRAME_BYTES: u32 = 0xff_ffff;

/// What a protected frame is longer than its part, at the most.
const OVERHEAD_BYTES: usize = 256;

impl SaslConnection {
    /// Logs in with Kerberos, and protects the messages as the server wants.
    ///
    /// # Errors
    ///
    /// Unauthenticated when there is no ticket, or the server refuses it or offers less protection than is asked for;
    /// Unavailable when the connection breaks; Protocol when the other side does not speak SASL.
    pub async fn log_in_with_kerberos(
        stream: Box<dyn Stream>,
        kerberos: &Kerberos,
        host: &Host,
        limit: usize,
    ) -> Result<Self> {
        let principal = kerberos.principal_at(host);
        negotiate(stream, kerberos.least_protection(), &principal, limit)
            .await
            .map_err(|error| error.with_context("principal", principal))
    }
}

async fn negotiate(
    stream: Box<dyn Stream>,
    least: Protection,
    principal: &str,
    limit: usize,
) -> Result<SaslConnection> {
    let mut negotiation = Negotiation::new(stream);
    let context = Context::new(principal, Mechanism::Krb5)?;
    let (mut context, token) = context.step(None).await?;
    negotiation.start("GSSAPI", &token).await?;
    while !context.is_complete() {
        let (progress, token) = negotiation.receive().await?;
        expect(progress, Progress::Continues)?;
        let (next, token) = context.step(Some(token.to_vec())).await?;
        context = next;
        negotiation.send(Progress::Continues, &token).await?;
    }
    let (progress, offer) = negotiation.receive().await?;
    expect(progress, Progress::Continues)?;
    let offer = Offer::read(&context.unwrap(&offer)?)?;
    let chosen = offer.best(least)?;
    let [_, size @ ..] =
        if chosen == Protection::Authentication { [0; 4] } else { MAX_FRAME_BYTES.to_be_bytes() };
    let answer = context.wrap(false, &[&[bit(chosen)][..], &size].concat())?;
    negotiation.send(Progress::Complete, &answer).await?;
    let (progress, _) = negotiation.receive().await?;
    expect(progress, Progress::Complete)?;
    let protection: Option<Box<dyn FrameProtection>> = match chosen {
        Protection::Authentication => None,
        Protection::Integrity | Protection::Privacy => Some(Box::new(Protected {
            context,
            is_encrypted: chosen == Protection::Privacy,
            max_part_bytes: offer.max_frame_bytes.saturating_sub(OVERHEAD_BYTES),
        })),
    };
    Ok(negotiation.finish(limit, protection))
}

/// What the server says of the messages after the login.
#[derive(Debug, PartialEq, Eq)]
struct Offer {
    protections: u8,
    max_frame_bytes: usize,
}

impl Offer {
    fn read(bytes: &[u8]) -> Result<Self> {
        let &[protections, a, b, c] = bytes else {
            return Err(Error::new(ErrorKind::Protocol, "The server's offer of protection cannot be read"));
        };
        Ok(Self { protections, max_frame_bytes: u32::from_be_bytes([0, a, b, c]) as usize })
    }

    /// The best protection on offer.
    fn best(&self, least: Protection) -> Result<Protection> {
        let all = [Protection::Privacy, Protection::Integrity, Protection::Authentication];
        let best = all.into_iter().find(|protection| self.protections & bit(*protection) != 0);
        let best = best.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "The server offers no protection that is known")
        })?;
        if best < least {
            let message = "The server protects messages less than asked for; ask for less, or set \
                hive.server2.thrift.sasl.qop at the server";
            return Err(Error::new(ErrorKind::Unauthenticated, message)
                .with_context("offered", format!("{best:?}"))
                .with_context("asked", format!("{least:?}")));
        }
        if best > Protection::Authentication && self.max_frame_bytes <= OVERHEAD_BYTES {
            return Err(Error::new(
                ErrorKind::Protocol,
                "The server takes no frame that could hold anything",
            ));
        }
        Ok(best)
    }
}

fn bit(protection: Protection) -> u8 {
    match protection {
        Protection::Authentication => 1,
        Protection::Integrity => 2,
        Protection::Privacy => 4,
    }
}

fn expect(progress: Progress, expected: Progress) -> Result<()> {
    if progress == expected {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Protocol, "The server ended or prolonged the login when it was not its turn"))
}

/// Frames that are signed, or encrypted as well.
struct Protected {
    context: Context,
    is_encrypted: bool,
    max_part_bytes: usize,
}

impl FrameProtection for Protected {
    fn wrap(&mut self, part: &[u8]) -> Result<Vec<u8>> {
        self.context.wrap(self.is_encrypted, part)
    }

    fn unwrap(&mut self, frame: &[u8]) -> Result<Vec<u8>> {
        self.context.unwrap(frame)
    }

    fn max_part_bytes(&self) -> usize {
        self.max_part_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_protection_on_offer_is_taken_if_it_is_enough() {
        let best = |protections, least| Offer { protections, max_frame_bytes: 65_536 }.best(least);
        assert_eq!(best(0b111, Protection::Authentication).ok(), Some(Protection::Privacy));
        assert_eq!(best(0b011, Protection::Integrity).ok(), Some(Protection::Integrity));
        assert_eq!(best(0b001, Protection::Authentication).ok(), Some(Protection::Authentication));
        let error = best(0b001, Protection::Privacy).expect_err("too little");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(
            best(0b1000, Protection::Authentication).expect_err("unknown").kind(),
            ErrorKind::Protocol
        );
    }

    #[test]
    fn an_offer_that_makes_no_sense_is_refused() {
        assert_eq!(Offer::read(&[1, 0, 0]).expect_err("short").kind(), ErrorKind::Protocol);
        assert_eq!(Offer::read(&[6, 1, 0, 2]).ok(), Some(Offer { protections: 6, max_frame_bytes: 65_538 }));
        let tiny = Offer { protections: 4, max_frame_bytes: 10 };
        assert_eq!(tiny.best(Protection::Authentication).expect_err("tiny").kind(), ErrorKind::Protocol);
    }
}
