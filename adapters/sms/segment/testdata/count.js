// Reads an array of texts as JSON and writes how many segments each takes, and in which encoding.
const { SegmentedMessage } = require("sms-segments-calculator");

let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => {
  const counts = JSON.parse(input).map((text) => {
    const message = new SegmentedMessage(text);
    return { segments: message.segmentsCount, encoding: message.getEncodingName() };
  });
  process.stdout.write(JSON.stringify(counts));
});
