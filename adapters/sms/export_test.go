package sms

// What the tests of other packages see of the inside.
const GatewayURL = gatewayURL
