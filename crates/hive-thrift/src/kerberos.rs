//! Logins with Kerberos, by the GSSAPI library of the system.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_MECH_SPNEGO, GSS_NT_KRB5_PRINCIPAL};

use crate::error::{Error, ErrorKind, Result};
use crate::host::Host;

/// Who the server is for Kerberos, and what must protect the messages.
///
/// The client is whoever the system's Kerberos library takes it for: the ticket that `kinit` got (`KRB5CCNAME`), or the
/// key in the keytab that `KRB5_CLIENT_KTNAME` names. Realms and KDCs are those of `krb5.conf` (`KRB5_CONFIG`).
///
/// ```
/// use hive_thrift::{Kerberos, Protection};
///
/// let kerberos = Kerberos::new("hive/_HOST@EXAMPLE.COM").with_protection(Protection::Privacy);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kerberos {
    principal: String,
    protection: Protection,
}

/// How well messages are protected after a login with Kerberos over SASL. TLS is another matter, and can be had besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Protection {
    /// Not at all: only the login is safe. The server calls it `auth`.
    #[default]
    Authentication,
    /// Signed: nobody can change them. The server calls it `auth-int`.
    Integrity,
    /// Signed and encrypted. The server calls it `auth-conf`.
    Privacy,
}

impl Kerberos {
    /// Names the server's principal, such as `hive/_HOST@EXAMPLE.COM`. `_HOST` stands for the host that is connected to.
    pub fn new(principal: impl Into<String>) -> Self {
        Self { principal: principal.into(), protection: Protection::default() }
    }

    /// Sets the least protection that is accepted (default: none). The best that the server offers is taken.
    ///
    /// Over HTTP there is none besides TLS.
    #[must_use]
    pub fn with_protection(mut self, least: Protection) -> Self {
        self.protection = least;
        self
    }

    /// The token for one HTTP request, by SPNEGO.
    ///
    /// # Errors
    ///
    /// Unauthenticated when there is no ticket, or none can be had for the server.
    pub async fn negotiate(&self, host: &Host) -> Result<Vec<u8>> {
        let context = Context::new(&self.principal_at(host), Mechanism::Spnego)?;
        let (_, token) = context.step(None).await?;
        Ok(token)
    }

    pub(crate) fn least_protection(&self) -> Protection {
        self.protection
    }

    /// The principal of the server at that host.
    pub(crate) fn principal_at(&self, host: &Host) -> String {
        self.principal.replace("_HOST", &host.name.to_lowercase())
    }
}

/// The protocol within GSSAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Kerberos itself.
    Krb5,
    /// Negotiation of it, as HTTP wants.
    Spnego,
}

/// A security context with one server, while it is made and after.
pub(crate) struct Context {
    context: ClientCtx,
}

impl Context {
    pub(crate) fn new(principal: &str, mechanism: Mechanism) -> Result<Self> {
        let name = Name::new(principal.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "The server's principal is not one; give service/host@REALM")
                .with_context("principal", principal)
                .with_source(error)
        })?;
        let flags = CtxFlags::GSS_C_MUTUAL_FLAG
            | CtxFlags::GSS_C_REPLAY_FLAG
            | CtxFlags::GSS_C_SEQUENCE_FLAG
            | CtxFlags::GSS_C_INTEG_FLAG
            | CtxFlags::GSS_C_CONF_FLAG;
        let mechanism = match mechanism {
            Mechanism::Krb5 => GSS_MECH_KRB5,
            Mechanism::Spnego => GSS_MECH_SPNEGO,
        };
        Ok(Self { context: ClientCtx::new(None, name, flags, Some(mechanism)) })
    }

    /// Takes the server's token, if there is one, and gives ours, which may be empty.
    pub(crate) async fn step(mut self, token: Option<Vec<u8>>) -> Result<(Self, Vec<u8>)> {
        // The library reads files and asks the KDC, and blocks for both.
        let step = tokio::task::spawn_blocking(move || {
            let token = self.context.step(token.as_deref(), None).map_err(refused)?;
            Ok((self, token.map(|token| token.to_vec()).unwrap_or_default()))
        });
        step.await.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "The login with Kerberos was stopped").with_source(error)
        })?
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.context.is_complete()
    }

    pub(crate) fn wrap(&mut self, encrypt: bool, part: &[u8]) -> Result<Vec<u8>> {
        self.context.wrap(encrypt, part).map(|frame| frame.to_vec()).map_err(|error| {
            let message = "Kerberos cannot protect the message; its ticket may have run out, so connect anew";
            Error::new(ErrorKind::Unauthenticated, message).with_source(error)
        })
    }

    pub(crate) fn unwrap(&mut self, frame: &[u8]) -> Result<Vec<u8>> {
        self.context.unwrap(frame).map(|part| part.to_vec()).map_err(|error| {
            let message = "The answer is not protected as Kerberos agreed; somebody may have changed it";
            Error::new(ErrorKind::Protocol, message).with_source(error).in_doubt()
        })
    }
}

fn refused(error: libgssapi::error::Error) -> Error {
    let message = "Kerberos refused the login; look for a valid ticket with klist, and check the server's \
        principal, krb5.conf and the clocks";
    // What the library says is the only thing that tells which of them it is.
    Error::new(ErrorKind::Unauthenticated, message).with_context("kerberos", error).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_takes_its_place_in_the_principal() {
        let host = Host::new("Hive-1.Example.com", 10000);
        let principal = |text: &str| Kerberos::new(text).principal_at(&host);
        assert_eq!(principal("hive/_HOST@EXAMPLE.COM"), "hive/hive-1.example.com@EXAMPLE.COM");
        assert_eq!(principal("hive/gateway@EXAMPLE.COM"), "hive/gateway@EXAMPLE.COM");
    }

    #[test]
    fn more_protection_is_greater() {
        assert!(Protection::Authentication < Protection::Integrity);
        assert!(Protection::Integrity < Protection::Privacy);
    }
}
