import base from './playwright.config.js';
const { globalSetup, ...rest } = base;
export default { ...rest, outputDir: '/tmp/e2e-art' };
