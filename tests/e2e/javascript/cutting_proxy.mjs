// A proxy between an EventSource and a server. EventSource sends no headers of ours, so the proxy adds the key. It is also what
// cuts: an answer ends, without its last chunk, after as many bytes as `until_cut()` says when the answer begins. A page at /,
// which is empty, is for browsers: what it asks for then goes to its own origin. While the server starts again, a request waits
// here: Node's EventSource asks no more after a connection that ended before any answer.
import http from 'node:http';
import https from 'node:https';

/**
 * @param {() => string} server the server's URL at present
 * @param {string} key
 * @param {() => number} until_cut
 * @param {string} [authority] the PEM of who has signed the server's certificate
 * @returns {Promise<http.Server>} it listens on a port of loopback
 */
export function cuttingProxy(server, key, until_cut, authority) {
    const proxy = http.createServer((request, response) => {
        if (request.url === '/') {
            response.writeHead(200, { 'Content-Type': 'text/html' });
            response.end('<!doctype html><title>empty</title><link rel="icon" href="data:,">');
            return;
        }
        const { host, ...headers } = request.headers;
        const pass = () => {
            if (response.destroyed) return;
            const url = server() + request.url;
            const { request: ask } = url.startsWith('https:') ? https : http;
            const passed = ask(url, { headers: { ...headers, apikey: key }, ca: authority }, (answer) => {
                response.writeHead(answer.statusCode, answer.headers);
                response.flushHeaders();
                let left = until_cut();
                answer.on('data', (bytes) => {
                    response.write(bytes.subarray(0, Math.max(0, Math.min(bytes.length, left))));
                    left -= bytes.length;
                    if (left <= 0) setTimeout(() => response.destroy(), 5);
                });
                answer.on('end', () => response.end());
                answer.on('error', () => response.destroy());
            });
            passed.on('error', () => (response.headersSent ? response.destroy() : setTimeout(pass, 50)));
            response.on('close', () => passed.destroy());
            passed.end();
        };
        pass();
    });
    return new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(proxy)));
}
