/**
 * Files and the network: for Node, and what is like it.
 *
 * @packageDocumentation
 */

export { type CsvOptions, readCsv } from './tabular/csv.ts';
export { type ExcelOptions, readExcel } from './tabular/excel.ts';
export { type DownloadOptions, type DownloadProgress, download } from './uci/download.ts';
export { type LoadUciOptions, loadUci } from './uci/load-uci.ts';
export type { UciData } from './uci/uci-data.ts';
export type { UciFormat } from './uci/uci-files.ts';
