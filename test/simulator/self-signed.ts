/** A key and a certificate for `clever.test`, `localhost` and 127.0.0.1 that nobody trusts but tests; good until 2126. */
export const selfSigned: { key: string; cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4LwIogW5r3r1r3dT
mcORjurbrzbXsWdBxwRWO0zfHQahRANCAAQ4THkxN1SjY6wn398/Qquh95PeRQ+Y
V15IlqTk04pfowC8xto90/cIe2ofRRiJO+3GmIrz4afssd9FlniFxbm9
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBrDCCAVKgAwIBAgIUc439gj8tKZoqUTShfV2yzIMg/sgwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLY2xldmVyLnRlc3QwIBcNMjYxMTI0MTcyODQ1WhgPMjEyNjEw
MzExNzI4NDVaMBYxFDASBgNVBAMMC2NsZXZlci50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEOEx5MTdUo2OsJ9/fP0KrofeT3kUPmFdeSJak5NOKX6MAvMba
PdP3CHtqH0UYiTvtxpiK8+Gn7LHfRZZ4hcW5vaN8MHowHQYDVR0OBBYEFA/quxvz
epjMTzEf6PhOdNvR6sRtMB8GA1UdIwQYMBaAFA/quxvzepjMTzEf6PhOdNvR6sRt
MA8GA1UdEwEB/wQFMAMBAf8wJwYDVR0RBCAwHoILY2xldmVyLnRlc3SCCWxvY2Fs
aG9zdIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiBDWKOv8blAgA+Ar+yX65SuL8IS
K8wwDx26bFnt4l+BKgIhAOn78b4qB9KMB4H0b0jlZS+3ZBIpKyk99/7cbo/K+Fjq
-----END CERTIFICATE-----`,
}
