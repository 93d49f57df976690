package stack;

import javax.security.sasl.AuthenticationException;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/** Lets in alice with her password, and nobody else. On the wire this is what LDAP is too. */
public class OneUser implements PasswdAuthenticationProvider {
  @Override
  public void Authenticate(String user, String password) throws AuthenticationException {
    if (!"alice".equals(user) || !"correct horse".equals(password)) {
      throw new AuthenticationException("wrong user or password");
    }
  }
}
