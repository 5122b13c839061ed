// Makes tokens with npm's jose as a customer's backend does. Reads {key_id, key_value, now} on standard input.
import { readFileSync } from "node:fs";
import { EncryptJWT } from "jose";

const { key_id: kid, key_value: keyValue, now } = JSON.parse(readFileSync(0, "utf8"));
const secret = new TextEncoder().encode(keyValue);

const begin = (header) =>
  new EncryptJWT({ cst: "customer_1", dsh: "abcdef" }).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, ...header });

const tokens = {
  "as the guide prints it": begin({}).setIssuedAt().setExpirationTime("2h"),
  "with typ": begin({ typ: "JWT" }).setIssuedAt().setExpirationTime("2h"),
  "without iat": begin({}).setExpirationTime(now + 7200),
  "with iss and nbf": begin({}).setIssuedAt().setNotBefore(now).setIssuer("https://app.example.com/").setExpirationTime("24h"),
};
for (const name of Object.keys(tokens)) tokens[name] = await tokens[name].encrypt(secret);

// The library compresses nothing by itself, so an unwanted algorithm is the only other kind that it can make.
tokens["A256GCMKW"] = await begin({ alg: "A256GCMKW" }).setExpirationTime("2h").encrypt(secret);
tokens["PBES2-HS256+A128KW"] = await begin({ alg: "PBES2-HS256+A128KW" }).setExpirationTime("2h").encrypt(secret);

process.stdout.write(JSON.stringify(tokens));
