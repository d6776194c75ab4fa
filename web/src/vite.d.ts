declare module "*?worker&inline" {
  const InlineWorker: new () => Worker;
  export default InlineWorker;
}

declare module "*?url" {
  const address: string;
  export default address;
}

declare module "*.css";
