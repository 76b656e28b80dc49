// An issuer of tokens whose keys the server has in a file.
import {generateKeyPairSync, sign} from "node:crypto"
import {writeFileSync} from "node:fs"
import path from "node:path"

const ISSUER = "https://id.example.com"

export class Issuer {
    private readonly keys = generateKeyPairSync("ed25519")

    // Writes a configuration file that trusts it. `rules` as docs/identity.md has them.
    declare(folder: string, rules: readonly object[]): string {
        const jwks = path.join(folder, "jwks.json")
        writeFileSync(jwks, JSON.stringify({keys: [{...this.keys.publicKey.export({format: "jwk"}), kid: "first"}]}))
        const file = path.join(folder, "snapgate.yaml")
        // JSON is YAML.
        writeFileSync(file, JSON.stringify({issuers: [{name: "corp", issuer: ISSUER, audiences: ["snapgate"], "jwks-file": jwks, rules}]}))
        return file
    }

    token(user: string, groups: readonly string[], seconds = 600): string {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
        const message = `${part({alg: "EdDSA", kid: "first"})}.${part({
            iss: ISSUER, aud: "snapgate", sub: user, groups, exp: Math.floor(Date.now() / 1000) + seconds,
        })}`
        return `${message}.${sign(null, Buffer.from(message), this.keys.privateKey).toString("base64url")}`
    }
}
