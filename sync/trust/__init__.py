"""Who is who on the network: certificates, TLS that no clock can break, enrolment codes."""
