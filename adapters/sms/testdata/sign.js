// Signs what it reads, a JSON array of {token, url, params}, with Twilio's own library.
const { getExpectedTwilioSignature, validateRequest } = require("twilio");

const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(
  JSON.stringify(
    cases.map(({ token, url, params }) => {
      const signature = getExpectedTwilioSignature(token, url, params);
      return { signature, valid: validateRequest(token, signature, url, params) };
    }),
  ),
);
